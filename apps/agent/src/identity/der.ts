/**
 * Writing DER: what a request for a certificate needs of it, and no more.
 *
 *     value    = tag length contents
 *     length   = 0x00–0x7f | 0x81 n | 0x82 n n | 0x83 n n n
 *
 * @see ITU-T X.690, sections 8 and 10.
 */

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  /** Context-specific, constructed, number 0. */
  context0: 0xa0,
} as const

/** Kinds of DER values that hold other values. */
export type DerContainer = 'sequence' | 'set' | 'context0'

/** A value that holds others, in the order given. */
export function container(kind: DerContainer, ...parts: readonly Uint8Array[]): Buffer {
  return tagged(TAG[kind], Buffer.concat(parts))
}

/** A whole number from 0 to 127. */
export function smallInteger(value: number): Buffer {
  return tagged(TAG.integer, Buffer.of(value))
}

/** A text. */
export function utf8String(text: string): Buffer {
  return tagged(TAG.utf8String, Buffer.from(text, 'utf8'))
}

/** Bytes as a bit string without unused bits. */
export function bitString(bytes: Uint8Array): Buffer {
  return tagged(TAG.bitString, Buffer.concat([Buffer.of(0), bytes]))
}

/** @param dotted Such as `1.2.840.10045.4.3.2`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(
    TAG.objectIdentifier,
    Buffer.from([first * 40 + second, ...rest].flatMap((arc) => base128(arc))),
  )
}

/** PEM text of DER bytes, lines of 64 characters. */
export function pemText(der: Uint8Array, label: 'CERTIFICATE REQUEST' | 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** A value of any tag; exported for what only tests write. */
export function tagged(tag: number, contents: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthBytes(contents.length), contents])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.of(0x80 + bytes.length, ...bytes)
}

function base128(arc: number): readonly number[] {
  const groups = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    groups.unshift((rest % 128) + 128)
  }
  return groups
}
