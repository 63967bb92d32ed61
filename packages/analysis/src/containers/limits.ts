/** Bounds of taking containers apart. */
export interface ContainerLimits {
  /** Containers inside of each other, streams and partition maps among them. */
  readonly depthMax: number
  /** Entries of all containers together. */
  readonly entriesMax: number
  /** Unpacked bytes of all entries together. */
  readonly bytesMax: number
  /** Unpacked bytes of one entry. */
  readonly entryBytesMax: number
  /** Unpacked bytes for each packed byte of an entry; judged beyond `ratioFloorBytes`. */
  readonly ratioMax: number
  readonly ratioFloorBytes: number
  /** Steps of walking structures: tree nodes, records, blocks. Work that yields no bytes. */
  readonly stepsMax: number
  /** UTF-8 bytes of a path inside one container; longer ones are cut. */
  readonly pathBytesMax: number
  /** Findings kept; more are counted. */
  readonly findingsMax: number
}

/**
 * What fits real software. A package in an image in an archive is seven containers deep, because
 * streams and partition maps count as well.
 */
export const CONTAINER_LIMITS: ContainerLimits = {
  depthMax: 16,
  entriesMax: 65_536,
  bytesMax: 2_147_483_648,
  entryBytesMax: 536_870_912,
  ratioMax: 200,
  ratioFloorBytes: 1_048_576,
  stepsMax: 10_000_000,
  pathBytesMax: 4_096,
  findingsMax: 1_000,
}

/** The limits that end or shorten an unpacking. */
export type ContainerLimit = 'bytes' | 'depth' | 'entries' | 'entry_bytes' | 'ratio' | 'steps'

/** The limit that a budget says was met. */
export const LIMIT_OF_BUDGET: Readonly<Record<string, ContainerLimit>> = {
  bytesMax: 'bytes',
  depthMax: 'depth',
  itemsMax: 'entries',
  stepsMax: 'steps',
}
