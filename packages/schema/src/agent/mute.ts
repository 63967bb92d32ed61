import { z } from 'zod'
import { Identifier } from './fields.ts'

const LIST_MAX = 128
const PATH_LENGTH_MAX = 1_024

const Patterns = z
  .array(z.string().max(PATH_LENGTH_MAX).regex(/^\//))
  .min(1)
  .max(LIST_MAX)
  .readonly()

/** Mutes of one policy. */
export const MUTES_MAX = 64

/**
 * Events that a sensor leaves out at the source: of these types, where all that is named holds.
 * Paths are whole, or end in `*` and are beginnings.
 */
export const Mute = z.strictObject({
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/)
    .describe('What the ledger counts them under.'),
  types: z.array(Identifier).min(1).max(LIST_MAX).readonly().describe("Apple's names."),
  programs: Patterns.optional().describe('Programs that act.'),
  paths: Patterns.optional().describe('Every file that the event names is one of these.'),
})
export type Mute = z.infer<typeof Mute>

/** The mutes of a policy. */
export const MuteList = z.array(Mute).max(MUTES_MAX)
