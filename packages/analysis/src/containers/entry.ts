import type { DecodeProblem } from '../compression/decoded.ts'
import type { ByteSource } from './source.ts'

/** What a directory entry of a container is. */
export type EntryKind = 'device' | 'file' | 'folder' | 'hard_link' | 'symlink'

/** The bytes of an entry. */
export interface Content {
  readonly bytes: Uint8Array
  /** Why there are fewer or other bytes than promised; `limit` when `bytesMax` was too small. */
  readonly problem?: DecodeProblem
}

/** One thing in a container, as the container describes it. */
export interface Entry {
  /** As it is written there, with `/` between the parts; not yet judged. */
  readonly path: string
  readonly kind: EntryKind
  /** Unpacked bytes as stated. */
  readonly size?: number
  /** Bytes it takes in the container; absent where they cannot be told. */
  readonly packedBytes?: number
  /** POSIX permission bits with set-id and sticky bits. */
  readonly mode?: number
  readonly ownerId?: number
  /** Milliseconds since 1970, UTC. */
  readonly modifiedMs?: number
  /** Where a link leads, as written. */
  readonly target?: string
  /** Extended attributes: what macOS keeps beside the content, such as quarantine and origin. */
  readonly attributes?: ReadonlyMap<string, Uint8Array>
  /** Something the container itself says about the entry that deserves a look. */
  readonly findings?: readonly EntryFinding[]
  /**
   * Unpacks the content of a file; absent where there is none to be had.
   *
   * @throws AnalysisError
   */
  readonly read?: (bytesMax: number) => Content
  /**
   * Gives the content where it is too large to be held: a disk in an image. It is taken apart and
   * not shown.
   *
   * @throws AnalysisError
   */
  readonly open?: () => ByteSource
}

/** What is odd about a container or something in it. */
export type ContainerFindingCode =
  | 'checksum_mismatch'
  | 'damaged'
  | 'data_after_end'
  | 'data_before_start'
  | 'encrypted'
  | 'entries_overlap'
  | 'hidden_entry'
  | 'integrity_mismatch'
  | 'link_absolute'
  | 'link_escapes'
  | 'names_differ'
  | 'path_absolute'
  | 'path_deceptive'
  | 'path_duplicate'
  | 'path_long'
  | 'path_through_link'
  | 'path_traversal'
  | 'set_id'
  | 'size_mismatch'
  | 'truncated'
  | 'unsupported'

/** A finding before the walk knows where it stands. */
export interface EntryFinding {
  readonly code: ContainerFindingCode
  /** One sentence with the particulars. */
  readonly detail: string
}

const TYPE_MASK = 0o170_000
const KINDS: Readonly<Record<number, EntryKind>> = {
  0o010_000: 'device',
  0o020_000: 'device',
  0o040_000: 'folder',
  0o060_000: 'device',
  0o100_000: 'file',
  0o120_000: 'symlink',
  0o140_000: 'device',
}

/** The kind and permissions in a POSIX mode; a mode without a type is a file's. */
export function kindAndMode(mode: number): Pick<Entry, 'kind'> & { readonly mode: number } {
  return { kind: KINDS[mode & TYPE_MASK] ?? 'file', mode: mode & 0o7_777 }
}
