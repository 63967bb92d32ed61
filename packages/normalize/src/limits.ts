/** The bounds of a {@link Normalizer}; each has a counter for what it turned away. */
export interface NormalizeLimits {
  /** Process images remembered, those in their grace period included. */
  readonly processesMax: number
  /** Event time for which an image is remembered after its exit. */
  readonly exitGraceMs: number
  /** Processes taken from a snapshot and not seen in the stream yet. */
  readonly seedsMax: number
  /** User names remembered. */
  readonly usersMax: number
  /** Arguments kept of one exec; `process.args_count` still holds the true number. */
  readonly argsMax: number
  /** UTF-16 units kept of all arguments of one exec together. */
  readonly argsLengthMax: number
  /** Environment variables kept of one exec. */
  readonly envMax: number
  /** UTF-16 units kept of the environment of one exec together. */
  readonly envLengthMax: number
  /** Elements kept of any other list. */
  readonly listMax: number
  /** UTF-16 units kept of any one text. */
  readonly textLengthMax: number
  /** UTF-16 units kept of the name of an event type the table does not know. */
  readonly actionLengthMax: number
}

/**
 * Defaults of {@link NormalizeLimits}: macOS allows 1 MiB of arguments and environment, paths of
 * 1,024 bytes.
 */
export const NORMALIZE_LIMITS: NormalizeLimits = {
  processesMax: 16_384,
  exitGraceMs: 60_000,
  seedsMax: 8_192,
  usersMax: 4_096,
  argsMax: 512,
  argsLengthMax: 65_536,
  envMax: 256,
  envLengthMax: 65_536,
  listMax: 256,
  textLengthMax: 16_384,
  actionLengthMax: 64,
}
