import { createHash } from 'node:crypto'
import type { ClientHello } from './client-hello.ts'

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
])
const EXTENSION_SERVER_NAME = 0
const EXTENSION_PROTOCOLS = 16
const COUNT_MAX = 99
const HASH_LENGTH = 12
const HASH_OF_NOTHING = '0'.repeat(HASH_LENGTH)

/**
 * The JA4 fingerprint of a client: what it offers, whatever the order it offers it in.
 *
 *   transport, version, whether a server is named, how many ciphers and extensions, the ends of the
 *   first protocol _ hash of the ciphers, sorted _ hash of the other extensions, sorted, and of the
 *   signature algorithms, as they stand
 *
 * Values that clients make up so that servers stay tolerant (GREASE) do not count.
 *
 * @see JA4 technical details, FoxIO; RFC 8701.
 */
export function ja4(hello: ClientHello, transport: 't' | 'q' = 't'): string {
  const ciphers = hello.ciphers.filter(isMeant)
  const extensions = hello.extensions.filter(isMeant)
  const head = [
    transport,
    versionOf(hello),
    extensions.includes(EXTENSION_SERVER_NAME) ? 'd' : 'i',
    countOf(ciphers),
    countOf(extensions),
    protocolOf(hello.protocolEnds),
  ].join('')
  const others = extensions.filter(
    (type) => type !== EXTENSION_SERVER_NAME && type !== EXTENSION_PROTOCOLS,
  )
  const signatures = hello.signatureAlgorithms.filter(isMeant).map(hex4)
  const listed = sorted(others).join(',')
  const suffix = signatures.length === 0 ? '' : `_${signatures.join(',')}`
  const extensionHash = others.length === 0 ? HASH_OF_NOTHING : hashOf(listed + suffix)
  const cipherHash = ciphers.length === 0 ? HASH_OF_NOTHING : hashOf(sorted(ciphers).join(','))
  return `${head}_${cipherHash}_${extensionHash}`
}

/** Whether a value is meant, and not one of those reserved for nonsense. @see RFC 8701. */
export function isMeant(value: number): boolean {
  return (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff)
}

function versionOf({ version, versions }: ClientHello): string {
  const offered = versions.filter(isMeant)
  return VERSIONS.get(offered.length === 0 ? version : Math.max(...offered)) ?? '00'
}

function countOf(values: readonly number[]): string {
  return String(Math.min(values.length, COUNT_MAX)).padStart(2, '0')
}

function protocolOf(ends: ClientHello['protocolEnds']): string {
  if (ends === undefined) return '00'
  const [first, last] = ends
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last)
  return `${hex2(first).charAt(0)}${hex2(last).charAt(1)}`
}

function isAlphanumeric(byte: number): boolean {
  const isLetter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
  return isLetter || (byte >= 48 && byte <= 57)
}

function sorted(values: readonly number[]): readonly string[] {
  return values.map(hex4).toSorted()
}

function hex2(value: number): string {
  return value.toString(16).padStart(2, '0')
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
}
