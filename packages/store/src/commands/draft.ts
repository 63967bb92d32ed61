import type { Command, CommandRecord } from '@pomona/schema'
import type { CommandDraft } from './commands.ts'

/** What is signed of a command. */
export function commandOf(draft: CommandDraft, counter: number): Command {
  return {
    id: draft.id,
    tenant_id: draft.tenantId,
    host_id: draft.hostId,
    counter,
    action: draft.action,
    parameters: { ...draft.parameters },
    issued_by: draft.issuedBy,
    issued_at: draft.issuedAt,
    expires_at: draft.expiresAt,
  }
}

/** A command at its beginning. */
export function recordOf(draft: CommandDraft, counter: number): CommandRecord {
  const { tenant_id: _, ...command } = commandOf(draft, counter)
  return {
    ...command,
    state: 'queued',
    updated: draft.issuedAt,
    history: [{ state: 'queued', at: draft.issuedAt, by: draft.issuedBy }],
  }
}
