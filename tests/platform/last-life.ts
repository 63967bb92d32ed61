/** The end of a run with an agent: it delivers what it holds, and the books are opened. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { type AgentOptions, AgentProcess } from './agent-process.ts'
import { doubled, ledgerSum, type LedgerSum } from './conservation.ts'
import { type Harvest, harvest } from './harvest.ts'
import type { ServerHome } from './server-home.ts'
import { untoldRows } from './spool-copy.ts'

/** What the server of one agent keeps, and what the agent says of itself. */
export interface Books extends Harvest {
  readonly sum: LedgerSum
}

const LIVES_MAX = 10

/** Starts the agent again, with nothing to sense, until everything is delivered and told. */
export async function lastLife(mac: AgentOptions, server: ServerHome): Promise<Books> {
  for (let life = 1; ; life += 1) {
    const agent = AgentProcess.start({ ...mac, eslogger: ['--benign', '--count', '0'] })
    await agent.until('has delivered what it held', ({ report, server: { state } }) => {
      return state === 'online' && report.usage.spool_events === 0
    })
    equal(await agent.end('SIGTERM'), 0, agent.said)
    // On a busy machine the goodbye may come too late to take the last rows along.
    const rows = await untoldRows(mac.directory, `${mac.directory}-spool-${life}`)
    if (!rows.some(({ sensed, sent }) => sensed + sent > 0)) break
    ok(life < LIVES_MAX, 'the agent does not tell what it counted')
  }
  await server.settled()
  await server.stop()
  const kept = await harvest(server.directory)
  return { ...kept, sum: ledgerSum(kept.rows, 'events') }
}

/** Nothing is missing, nothing is there twice, and log and event store hold what counts as sent. */
export function conserved({ sum, logged, stored }: Books): void {
  equal(sum.sensed, sum.filtered + sum.dropped + sum.sent)
  equal(sum.held, 0)
  equal(logged.length, sum.sent)
  equal(stored.length, sum.sent)
  deepEqual(doubled(stored.map(({ id }) => id)), [])
}
