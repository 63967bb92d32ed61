/** What is durable in the spool of an agent that is dead, read from a copy of its folder. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { Spool, systemClock, systemFileSystem, systemRandom } from '@pomona/agent'

const LIMITS = { itemsMax: 5_000, bytesMax: 64 * 1024 * 1024 }

/** @returns Ids of the events that the agent of a data directory has not delivered. */
export async function heldEvents(directory: string, copy: string): Promise<readonly string[]> {
  cpSync(join(directory, 'spool'), copy, { recursive: true })
  const spool = await Spool.open({
    ...{ fileSystem: systemFileSystem, folder: copy, clock: systemClock, random: systemRandom },
    ...{ bytesMax: 2 ** 30, freeBytesMin: 0, bootId: 'copy', streamId: (run) => `copy-${run}` },
  })
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
