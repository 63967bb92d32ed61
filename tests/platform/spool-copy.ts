/** What is durable in the spool of an agent that is dead, read from a copy of its folder. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { Spool, systemClock, systemFileSystem, systemRandom } from '@pomona/agent'
import type { LedgerRow } from '@pomona/schema'

const LIMITS = { itemsMax: 5_000, bytesMax: 64 * 1024 * 1024 }

async function openCopy(directory: string, copy: string): Promise<Spool> {
  cpSync(join(directory, 'spool'), copy, { recursive: true })
  return await Spool.open({
    ...{ fileSystem: systemFileSystem, folder: copy, clock: systemClock, random: systemRandom },
    ...{ bytesMax: 2 ** 30, freeBytesMin: 0, bootId: 'copy', streamId: (run) => `copy-${run}` },
  })
}

/** @returns Rows of the ledger that the agent has not told, as far as it knows. */
export async function untoldRows(directory: string, copy: string): Promise<readonly LedgerRow[]> {
  const spool = await openCopy(directory, copy)
  const rows = await spool.ledgerRows()
  await spool.close()
  return rows
}

/** @returns Ids of the events that the agent of a data directory has not delivered. */
export async function heldEvents(directory: string, copy: string): Promise<readonly string[]> {
  const spool = await openCopy(directory, copy)
  const held: string[] = []
  for (;;) {
    const delivery = await spool.next(LIMITS)
    if (delivery === undefined) break
    for (const text of delivery.events) {
      // As the normaliser writes it.
      const { event } = JSON.parse(text) as { event: { id: string } }
      held.push(event.id)
    }
    spool.acknowledge(delivery)
  }
  await spool.close()
  return held
}
