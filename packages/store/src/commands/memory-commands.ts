import type {
  CommandRecord,
  CommandStateReport,
  HostId,
  SignedText,
  TenantId,
} from '@pomona/schema'
import { isSettled, withCancel, withDelivery, withExpiry, withReport } from './command-state.ts'
import {
  type CommandAuthor,
  type CommandDraft,
  type CommandRecords,
  type CommandSignature,
  OPEN_COMMANDS_MAX,
  SETTLED_COMMANDS_MAX,
} from './commands.ts'
import { commandOf, recordOf } from './draft.ts'

interface Kept {
  readonly tenantId: TenantId
  record: CommandRecord
  readonly signed: SignedText
}

/** Commands in memory, naive on purpose. */
export class MemoryCommands implements CommandRecords {
  readonly #assertOpen: () => void
  readonly #counters = new Map<string, number>()
  #kept: Kept[] = []
  #turn: Promise<unknown> = Promise.resolve()

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen
  }

  async issue(draft: CommandDraft, sign: CommandSignature): Promise<CommandRecord | undefined> {
    this.#assertOpen()
    // Signing takes a moment: the next one waits, as it does for a transaction.
    const turn = this.#turn.then(() => this.#issue(draft, sign))
    this.#turn = turn.catch(() => undefined)
    return await turn
  }

  async #issue(draft: CommandDraft, sign: CommandSignature): Promise<CommandRecord | undefined> {
    const { tenantId, hostId } = draft
    if (this.#of(tenantId, hostId).filter(isOpen).length >= OPEN_COMMANDS_MAX) return undefined
    const key = JSON.stringify([tenantId, hostId])
    const counter = (this.#counters.get(key) ?? 0) + 1
    const signed = await sign(commandOf(draft, counter))
    this.#counters.set(key, counter)
    const record = recordOf(draft, counter)
    this.#kept.push({ tenantId, record, signed })
    const settled = this.#of(tenantId, hostId).filter((one) => !isOpen(one))
    const old = new Set(settled.slice(0, Math.max(0, settled.length - SETTLED_COMMANDS_MAX)))
    this.#kept = this.#kept.filter((one) => !old.has(one))
    return record
  }

  async command(tenantId: TenantId, id: string): Promise<CommandRecord | undefined> {
    this.#assertOpen()
    return this.#find(tenantId, id)?.record
  }

  async ofHost(
    tenantId: TenantId,
    hostId: HostId,
    limit: number,
  ): Promise<readonly CommandRecord[]> {
    this.#assertOpen()
    const records = this.#of(tenantId, hostId).map(({ record }) => record)
    return records.toReversed().slice(0, limit)
  }

  async deliver(tenantId: TenantId, hostId: HostId, at: string): Promise<readonly SignedText[]> {
    this.#assertOpen()
    const waiting = this.#of(tenantId, hostId).filter(
      ({ record: { state, expires_at: end } }) =>
        (state === 'queued' || state === 'sent') && end > at,
    )
    for (const one of waiting) one.record = withDelivery(one.record, at)
    return waiting.map(({ signed }) => signed)
  }

  async report(
    {
      tenantId,
      hostId,
      id,
    }: Readonly<Record<'id', string>> & Pick<CommandDraft, 'tenantId' | 'hostId'>,
    report: CommandStateReport,
    at: string,
  ): Promise<CommandRecord | undefined> {
    this.#assertOpen()
    const found = this.#find(tenantId, id)
    if (found?.record.host_id !== hostId) return undefined
    found.record = withReport(found.record, structuredClone(report), at)
    return found.record
  }

  async cancel(
    tenantId: TenantId,
    id: string,
    by: CommandAuthor,
  ): Promise<CommandRecord | undefined> {
    this.#assertOpen()
    const found = this.#find(tenantId, id)
    if (found !== undefined) found.record = withCancel(found.record, by)
    return found?.record
  }

  async expire(at: string): Promise<readonly CommandRecord[]> {
    this.#assertOpen()
    return this.#kept.flatMap((one) => {
      const next = withExpiry(one.record, at)
      if (next === one.record) return []
      one.record = next
      return [next]
    })
  }

  #of(tenantId: TenantId, hostId: HostId): readonly Kept[] {
    return this.#kept.filter((one) => one.tenantId === tenantId && one.record.host_id === hostId)
  }

  #find(tenantId: TenantId, id: string): Kept | undefined {
    return this.#kept.find((one) => one.tenantId === tenantId && one.record.id === id)
  }
}

function isOpen({ record }: Kept): boolean {
  return !isSettled(record.state)
}
