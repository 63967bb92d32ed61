import type { Budget } from '../bytes/budget.ts'
import { isBinaryPlist, readBinaryPlist } from './binary.ts'
import type { PlistValue } from './value.ts'
import { readXmlPlist } from './xml.ts'

/**
 * Reads a property list, binary or XML in UTF-8 or UTF-16. NSKeyedArchiver's graphs are given as
 * they are stored.
 *
 * @throws AnalysisError
 */
export function readPlist(bytes: Uint8Array, budget: Budget): PlistValue {
  if (isBinaryPlist(bytes)) return readBinaryPlist(bytes, budget)
  return readXmlPlist(documentText(bytes), budget)
}

function documentText(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return new TextDecoder().decode(bytes)
}
