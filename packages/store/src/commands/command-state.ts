import type { CommandRecord, CommandState, CommandStateReport } from '@pomona/schema'

/**
 * How far a command has come. What an agent says may only lead on: a report that is late or comes
 * again says nothing new. `cancelled` and `unknown` are the server's own words for what it cannot
 * see, so the agent's word goes over them.
 */
const RANKS: Readonly<Record<CommandState, number>> = {
  queued: 0,
  sent: 1,
  cancelled: 2,
  unknown: 2,
  accepted: 3,
  expired: 4,
  refused: 4,
  done: 4,
  failed: 4,
}

/** Whether nothing more will be done about a command in this state. */
export function isSettled(state: CommandState): boolean {
  return state !== 'queued' && state !== 'sent' && state !== 'accepted'
}

/** Applies an agent's word. @returns The command itself when that is nothing new. */
export function withReport(
  record: CommandRecord,
  { state, code, message, result }: CommandStateReport,
  at: string,
): CommandRecord {
  // An agent that lost its own end says so of what it had accepted, and that is the last word.
  const isUnknown = state === 'unknown'
  const rank = isUnknown ? RANKS.refused : RANKS[state]
  const known = record.history.findLast(
    ({ by, state: said }) => by === 'agent' && said === 'unknown',
  )
  if (known !== undefined || rank <= RANKS[record.state]) return record
  return {
    ...withStep(record, { state, at, by: 'agent', ...(code !== undefined && { code }) }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(result !== undefined && { result }),
  }
}

/** Cancels what no agent has accepted. @returns The command itself when it is too late. */
export function withCancel(
  record: CommandRecord,
  by: { readonly actor: string; readonly at: string },
): CommandRecord {
  if (record.state !== 'queued' && record.state !== 'sent') return record
  return withStep(record, { state: 'cancelled', at: by.at, by: by.actor })
}

/** Settles what is over. @returns The command itself while it is not, or is settled. */
export function withExpiry(record: CommandRecord, at: string): CommandRecord {
  if (isSettled(record.state) || record.expires_at > at) return record
  const state = record.state === 'queued' ? 'expired' : 'unknown'
  return withStep(record, { state, at, by: 'server' })
}

/** A command that was handed to its agent. */
export function withDelivery(record: CommandRecord, at: string): CommandRecord {
  return record.state === 'queued' ? withStep(record, { state: 'sent', at, by: 'server' }) : record
}

function withStep(record: CommandRecord, step: CommandRecord['history'][number]): CommandRecord {
  return {
    ...record,
    state: step.state,
    updated: step.at,
    history: [...record.history, step],
  }
}
