import { hash } from 'node:crypto'
import type { CodeDirectory } from './code-directory.ts'

/** How many wrong pages are listed; all are counted. */
const PAGES_LISTED = 16

/** What comparing a code directory with the code found. */
export interface CodeHashCheck {
  readonly hashType: string
  readonly pageSize: number
  /** Pages that the code has. */
  readonly pageCount: number
  /** Hashes that the directory lacks, or has too many (negative). */
  readonly hashesMissing: number
  readonly wrongCount: number
  /** Numbers of the first wrong pages. */
  readonly wrongPages: readonly number[]
  /** Whether the directory covers more than the file has. */
  readonly truncated: boolean
}

/** Whether the code is what the directory was made of. */
export function isCodeIntact(check: CodeHashCheck): boolean {
  return check.wrongCount === 0 && check.hashesMissing === 0 && !check.truncated
}

/**
 * Recomputes the hashes of all pages.
 *
 * @param bytes The image, a slice where the file is universal.
 */
export function checkCodeHashes(bytes: Uint8Array, directory: CodeDirectory): CodeHashCheck {
  const { codeLimit, hashSize, digest, codeHashCount, codeHashes } = directory
  const pageSize = directory.pageSize === 0 ? Math.max(1, codeLimit) : directory.pageSize
  const end = Math.min(codeLimit, bytes.length)
  const pageCount = Math.ceil(codeLimit / pageSize)
  const pagesPresent = Math.min(Math.ceil(end / pageSize), codeHashCount)
  const wrongPages: number[] = []
  let wrongCount = 0
  for (let page = 0; page < pagesPresent; page++) {
    const start = page * pageSize
    const found = hash(digest, bytes.subarray(start, Math.min(start + pageSize, end)), 'buffer')
    const at = page * hashSize
    const isRight = found.compare(codeHashes, at, at + hashSize, 0, hashSize) === 0
    if (isRight) continue
    wrongCount += 1
    if (wrongPages.length < PAGES_LISTED) wrongPages.push(page)
  }
  return {
    hashType: directory.hashType,
    pageSize: directory.pageSize,
    pageCount,
    hashesMissing: pageCount - codeHashCount,
    wrongCount,
    wrongPages,
    truncated: codeLimit > bytes.length,
  }
}
