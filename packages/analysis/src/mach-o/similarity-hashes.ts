import { hash } from 'node:crypto'

/**
 * MD5 over lists of names, equal for programs that were built from much the same source. YARA-X and
 * VirusTotal compute the same values on thin files.
 */
export interface SimilarityHashes {
  /** Over external symbols of other images, in their own case. */
  readonly symhash?: string
  readonly dylibs?: string
  readonly imports?: string
  readonly exports?: string
}

function joined(names: Iterable<string>): string {
  const sorted = [...names].map((name) => Buffer.from(name)).toSorted(Buffer.compare)
  return sorted.map((name) => name.toString()).join(',')
}

/**
 * MD5 of names without repetitions, sorted by bytes and joined with commas.
 *
 * @returns undefined for an empty list.
 * @see     Anomali, “symhash”: the Mach-O sibling of the import hash of PE files.
 */
export function symhash(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : hash('md5', joined(new Set(names)), 'hex')
}

/** As {@link symhash}, after the names were trimmed and put in lower case. */
export function hashOfNames(names: readonly string[]): string | undefined {
  return symhash(names.map((name) => name.trim().toLowerCase()))
}
