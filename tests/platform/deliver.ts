/** The agents' side of the wire, without what makes an agent of it: sensing and a spool on disk. */
import { equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { IdentityMemory } from '../../apps/agent/src/identity/identity.ts'
import { systemClock, systemRandom, systemSleep } from '../../apps/agent/src/machine.ts'
import { MemorySpool } from '../../apps/agent/src/spool/memory-spool.ts'
import { Membership } from '../../apps/agent/src/uplink/membership.ts'
import { Shipper } from '../../apps/agent/src/uplink/shipper.ts'
import { BOOT_ID, type Delivery, hardwareUuidOf, hostIdOf } from './mac.ts'
import type { ServerProcess } from './server-process.ts'

const NEVER = new AbortController().signal
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined }
/** Servers of tests are back soon, and tests are in a hurry. */
const BACKOFF = { firstMs: 50, maxMs: 200 }

/** Delivers for one simulated Mac, which it enrols first. */
export class Courier {
  readonly #name: string
  readonly #membership: Membership
  readonly #sessionId = randomUUID()

  private constructor(name: string, membership: Membership) {
    this.#name = name
    this.#membership = membership
  }

  /** Enrols a Mac of this name with the token of the server's first start. */
  static async enrol(
    server: Pick<ServerProcess, 'agentAddress' | 'enrolmentToken'>,
    name: string,
  ): Promise<Courier> {
    const membership = new Membership({
      server: server.agentAddress,
      token: server.enrolmentToken ?? '',
      hardwareUuid: hardwareUuidOf(name),
      host: { name },
      ...{ clock: systemClock, random: systemRandom, sleep: systemSleep, log: QUIET },
      identity: new IdentityMemory(),
      backoff: BACKOFF,
    })
    const { identity } = await membership.open(NEVER)
    equal(identity.host_id, hostIdOf(name))
    return new Courier(name, membership)
  }

  /** Delivers again and again until the server says that it is stored. */
  async deliver({ streamId, run, items }: Delivery): Promise<void> {
    const spool = new MemorySpool({
      ...{ epoch: 1, streamId, run, bootId: BOOT_ID, itemsMax: items.length },
    })
    for (const item of items) spool.put({ kind: 'event', ...item })
    const shipper = new Shipper({
      ...{ link: this.#membership.standing.link, spool, clock: systemClock },
      host: { id: hostIdOf(this.#name), name: this.#name },
      sessionId: this.#sessionId,
      epoch: 1,
    })
    while (await shipper.deliverNext(NEVER));
    equal(spool.counts().acknowledged, items.length, 'every event was taken')
  }

  close(): void {
    this.#membership.close()
  }
}

/** Delivers everything of one Mac, in order. */
export async function deliverAll(
  server: Pick<ServerProcess, 'agentAddress' | 'enrolmentToken'>,
  name: string,
  deliveries: readonly Delivery[],
): Promise<void> {
  const courier = await Courier.enrol(server, name)
  try {
    for (const delivery of deliveries) await courier.deliver(delivery)
  } finally {
    courier.close()
  }
}
