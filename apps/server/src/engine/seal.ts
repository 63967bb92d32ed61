import { crc32 } from 'node:zlib'

const SEAL = /^([0-9a-f]{8})\n/

/**
 * Puts a checksum in front of what detection remembers. SQLite knows a page that is out of shape,
 * not one with another digit in a text, and detection would go on from what never was.
 */
export function sealed(state: string): string {
  return `${crc32(state).toString(16).padStart(8, '0')}\n${state}`
}

/** @returns What was sealed; nothing when it is not what was written. */
export function unsealed(text: string): string | undefined {
  const seal = SEAL.exec(text)
  // Before there were seals states stood alone, as JSON.
  if (seal === null) return text.startsWith('{') ? text : undefined
  const state = text.slice(seal[0].length)
  return sealed(state) === text ? state : undefined
}
