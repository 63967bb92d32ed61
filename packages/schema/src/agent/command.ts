import { z } from 'zod'
import { Identifier, Instant } from './fields.ts'

/** What an agent can be told to do. */
export const COMMAND_ACTIONS = [
  'ping',
  'collect_posture',
  'restart_sensor',
  'set_log_level',
] as const
/** One of {@link COMMAND_ACTIONS}. */
export const CommandAction = z.enum(COMMAND_ACTIONS)
/** One of {@link COMMAND_ACTIONS}. */
export type CommandAction = z.infer<typeof CommandAction>

/**
 * A command as it is signed. `counter` rises with every command of a host: an agent keeps the
 * highest it accepted and refuses everything at or below it, so that a command runs at most once.
 */
export const Command = z.strictObject({
  id: z.uuid(),
  tenant_id: Identifier,
  host_id: Identifier,
  counter: z.int().min(1),
  action: CommandAction,
  parameters: z.record(z.string().max(64), z.string().max(1_024)),
  issued_by: z.string().min(1).max(128),
  issued_at: Instant,
  expires_at: Instant,
})
export type Command = z.infer<typeof Command>

/** Text of a signed payload; the signature is over its UTF-8 bytes. */
export const SignedText = z.strictObject({
  payload: z.string().max(1_048_576),
  signature: z.base64().max(128).describe('Ed25519.'),
  key_id: Identifier,
})
export type SignedText = z.infer<typeof SignedText>

/** `GET /agent/v1/commands?wait_seconds=N`: the commands of this host that are not settled. */
export const CommandList = z.strictObject({
  commands: z.array(SignedText).max(32),
  server_time: Instant,
})
export type CommandList = z.infer<typeof CommandList>

/**
 * What became of a command. `unknown` is said when the agent ended between accepting a command and
 * knowing its outcome: it is not run again, and nobody pretends to know.
 */
export const COMMAND_STATES = [
  'queued',
  'sent',
  'accepted',
  'done',
  'failed',
  'refused',
  'expired',
  'cancelled',
  'unknown',
] as const
/** One of {@link COMMAND_STATES}. */
export const CommandState = z.enum(COMMAND_STATES)
/** One of {@link COMMAND_STATES}. */
export type CommandState = z.infer<typeof CommandState>

/** `POST /agent/v1/commands/:id/state`. */
export const CommandStateReport = z.strictObject({
  state: CommandState.extract(['accepted', 'done', 'failed', 'refused', 'expired', 'unknown']),
  at: Instant,
  code: z.string().max(64).optional().describe('Why it failed or was refused.'),
  message: z.string().max(4_096).optional(),
  result: z.record(z.string().max(64), z.unknown()).optional(),
})
export type CommandStateReport = z.infer<typeof CommandStateReport>

/** The answer: what the server holds to be true of the command now. */
export const CommandStateAnswer = z.strictObject({ state: CommandState })
export type CommandStateAnswer = z.infer<typeof CommandStateAnswer>
