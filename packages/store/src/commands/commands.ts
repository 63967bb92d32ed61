import type {
  Command,
  CommandAction,
  CommandRecord,
  CommandStateReport,
  HostId,
  SignedText,
  TenantId,
} from '@pomona/schema'

/** A command before it has its place in the row of its host's commands. */
export interface CommandDraft {
  readonly id: string
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly action: CommandAction
  readonly parameters: Readonly<Record<string, string>>
  readonly issuedBy: string
  readonly issuedAt: string
  readonly expiresAt: string
}

/** Signs a command's text. */
export type CommandSignature = (command: Command) => Promise<SignedText>

/** Who asks for something, and when. */
export interface CommandAuthor {
  readonly actor: string
  readonly at: string
}

/** Commands of one host that were not settled, most at once. */
export const OPEN_COMMANDS_MAX = 32
/** Settled commands kept of one host; the oldest go. */
export const SETTLED_COMMANDS_MAX = 500

/** What agents are told to do, and what became of it. */
export interface CommandRecords {
  /**
   * Gives a command its counter, signs it and queues it, all or nothing; counters of a host rise
   * in the order in which its commands are queued.
   * @returns `undefined` when the host has {@link OPEN_COMMANDS_MAX} open ones.
   */
  issue(draft: CommandDraft, sign: CommandSignature): Promise<CommandRecord | undefined>
  command(tenantId: TenantId, id: string): Promise<CommandRecord | undefined>
  /** Newest first. */
  ofHost(tenantId: TenantId, hostId: HostId, limit: number): Promise<readonly CommandRecord[]>
  /** Open commands of a host as signed, in order; those that were queued are `sent` from now on. */
  deliver(tenantId: TenantId, hostId: HostId, at: string): Promise<readonly SignedText[]>
  /**
   * Takes what an agent says of a command of its own. Saying it again, or less than was said
   * already, changes nothing.
   * @returns The command as it is now; `undefined` when the host has no such command.
   */
  report(
    command: { readonly tenantId: TenantId; readonly hostId: HostId; readonly id: string },
    report: CommandStateReport,
    at: string,
  ): Promise<CommandRecord | undefined>
  /**
   * Cancels a command that the agent has not accepted.
   * @returns The command as it is now, `cancelled` or what it had become before.
   */
  cancel(tenantId: TenantId, id: string, by: CommandAuthor): Promise<CommandRecord | undefined>
  /**
   * Settles commands whose time is over: `expired` when no agent ever had them, else `unknown`
   * until the agent says more.
   */
  expire(at: string): Promise<readonly CommandRecord[]>
}
