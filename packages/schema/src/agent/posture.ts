import { z } from 'zod'
import { Identifier, Instant } from './fields.ts'

/** Looks of one snapshot. */
export const POSTURE_LOOKS_MAX = 64
/** Facts of one look. */
export const POSTURE_FACTS_MAX = 64

/** What one look at one security mechanism gave. */
export const PostureLookReport = z.discriminatedUnion('ok', [
  z.strictObject({
    ok: z.literal(true),
    facts: z
      .array(
        z.strictObject({
          name: Identifier.describe('What it is about, such as `sip.status`.'),
          value: z.union([z.string().max(1_024), z.number(), z.boolean()]),
          source: z.string().max(512).describe('Where it was read: a command or a file.'),
        }),
      )
      .max(POSTURE_FACTS_MAX),
  }),
  z.strictObject({
    ok: z.literal(false),
    code: Identifier.describe('`not_available`: this machine does not have it.'),
    message: z.string().max(1_024),
  }),
])
export type PostureLookReport = z.infer<typeof PostureLookReport>

/** The state of a Mac's security mechanisms at one moment, as far as it could be read. */
export const PostureReport = z.strictObject({
  taken: Instant,
  looks: z
    .record(Identifier, PostureLookReport)
    .refine((looks) => Object.keys(looks).length <= POSTURE_LOOKS_MAX, 'Too many looks.'),
  cut: z.int().min(0).describe('Facts that found no room.'),
})
export type PostureReport = z.infer<typeof PostureReport>
