import { join } from 'node:path'
import type { Clock } from '@pomona/schema'
import { AgentError, messageOf } from '../errors.ts'
import { readOwnFile } from '../identity/atomic-file.ts'
import { AgentStatus, STATUS_FILE, STATUS_STALE_MS } from './status.ts'

const NS_PER_MS = 1_000_000n

/**
 * Reads what the agent of a data directory says of itself.
 *
 * @throws AgentError ERR_AGENT_NOT_RUNNING when none runs, or none that can be read.
 */
export async function readStatus(dataDirectory: string, clock: Clock): Promise<AgentStatus> {
  const path = join(dataDirectory, STATUS_FILE)
  let status: AgentStatus
  try {
    status = AgentStatus.parse(JSON.parse((await readOwnFile(path)) ?? 'null'))
  } catch (error) {
    throw new AgentError(
      'ERR_AGENT_NOT_RUNNING',
      `No agent says how it is in ${dataDirectory}: ${messageOf(error)}`,
      { cause: error, details: { path } },
    )
  }
  const ageMs = Number(clock.nowNs() / NS_PER_MS) - Date.parse(status.updated)
  if (status.stopping || ageMs > STATUS_STALE_MS) {
    throw new AgentError(
      'ERR_AGENT_NOT_RUNNING',
      `The agent of ${dataDirectory} does not run; it last said so at ${status.updated}.`,
    )
  }
  return status
}
