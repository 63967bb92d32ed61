import type { Budget } from '../bytes/budget.ts'
import type { Entry, EntryFinding } from './entry.ts'
import type { ByteSource } from './source.ts'

/** Names of the containers that can be taken apart. */
export type ContainerFormatName =
  | 'apfs'
  | 'apple_double'
  | 'asar'
  | 'bzip2'
  | 'cpio'
  | 'fat'
  | 'gzip'
  | 'hfs_plus'
  | 'iso9660'
  | 'lzfse'
  | 'lzma'
  | 'partitions'
  | 'pbzx'
  | 'pyinstaller'
  | 'pyz'
  | 'tar'
  | 'udif'
  | 'xar'
  | 'xz'
  | 'zip'
  | 'zstd'

/** What a reader is given beside the bytes. */
export interface ReadContext {
  /** Name of the file that is the container, without folders. */
  readonly name: string
  readonly budget: Budget
  /** Tells something odd about the container as a whole. */
  note(finding: EntryFinding): void
  /** Tells a fact about the container, for the report. */
  fact(name: string, value: boolean | number | string): void
}

/** A kind of container: how it is known and how it is read. */
export interface ContainerFormat {
  readonly name: ContainerFormatName
  /** Cheap: looks at a few bytes. Never throws. */
  recognise(source: ByteSource, name: string): boolean
  /**
   * Lists the entries in the order of the container.
   *
   * @throws AnalysisError when the structure ends early, contradicts itself or meets a limit.
   */
  entries(source: ByteSource, context: ReadContext): Iterable<Entry>
}
