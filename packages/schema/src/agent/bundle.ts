import { z } from 'zod'
import { SignedText } from './command.ts'
import { Identifier, Instant, Sha256 } from './fields.ts'
import { MuteList } from './mute.ts'

/** Words of a logger's level, from quiet to loud. */
export const LogLevel = z.enum(['error', 'warn', 'info', 'debug'])
/** Words of a logger's level, from quiet to loud. */
export type LogLevel = z.infer<typeof LogLevel>

/** What the server decides for an agent; everything else is the agent's own configuration. */
export const AgentPolicy = z.strictObject({
  log_level: LogLevel.default('info'),
  report_interval_seconds: z.int().min(5).max(3_600).default(60),
  flush_interval_ms: z.int().min(10).max(60_000).default(1_000),
  host_detection: z
    .boolean()
    .default(true)
    .describe('Whether rules marked for the host run there.'),
  sensors_off: z.array(Identifier).max(32).default([]),
  mutes: MuteList.default([]).describe(
    'Events left out at the source, beside those of the configuration.',
  ),
})
export type AgentPolicy = z.infer<typeof AgentPolicy>

/** Files of a bundle. */
export const BUNDLE_FILES_MAX = 2_000
/** Bytes of a bundle, unpacked. */
export const BUNDLE_BYTES_MAX = 16 * 1024 * 1024

/** A file of a bundle; its path is relative, with `/`, and never leaves the bundle. */
export const BundleFile = z.strictObject({
  path: z
    .string()
    .max(255)
    .regex(/^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/)*[A-Za-z0-9_][A-Za-z0-9._-]*$/),
  sha256: Sha256,
  bytes: z.int().min(0).max(BUNDLE_BYTES_MAX),
})
export type BundleFile = z.infer<typeof BundleFile>

/**
 * What is signed of a bundle. `version` rises with every bundle of a tenant: an agent refuses one
 * below the newest it has seen (rollback), and one that has expired (freeze). To go back to an
 * earlier content, the server signs it again under a higher version.
 */
export const BundleManifest = z.strictObject({
  tenant_id: Identifier,
  version: z.int().min(1),
  created: Instant,
  expires: Instant,
  policy: AgentPolicy,
  files: z.array(BundleFile).max(BUNDLE_FILES_MAX),
})
export type BundleManifest = z.infer<typeof BundleManifest>

/**
 * `GET /agent/v1/bundle?current=ID`; 304 when the host runs what it should. The id of a bundle is
 * the SHA-256 of its manifest's text.
 */
export const Bundle = z.strictObject({
  manifest: SignedText,
  files: z.record(z.string().max(255), z.string().max(BUNDLE_BYTES_MAX)),
})
export type Bundle = z.infer<typeof Bundle>
