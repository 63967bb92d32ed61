/** What of a message a name can be read from. */
export interface DnsBytes {
  readonly view: DataView
  /** Where the message begins: pointers count from there. */
  readonly start: number
  readonly end: number
}

/** A name, and where what follows it begins. */
export interface DnsName {
  /** Without the last dot; the root is `.`. */
  readonly text: string
  readonly next: number
}

const NAME_BYTES_MAX = 255
const LABEL_POINTER = 0xc0
const POINTERS_MAX = 32

/**
 * Reads a domain name: labels, each behind its length, up to an empty one or a pointer to an
 * earlier place of the message.
 *
 * A pointer must lead backwards, further than any before it, so that no message makes it run in
 * circles. Bytes that are no printable ASCII, and dots and backslashes inside of labels, are
 * written as `\DDD` and `\.`, as name servers print them.
 *
 * @returns `undefined` when the name is longer than 255 bytes, leaves the message or runs forward.
 * @see     RFC 1035, sections 3.1, 4.1.4 and 5.1.
 */
export function dnsName({ view, start, end }: DnsBytes, at: number): DnsName | undefined {
  const labels: string[] = []
  let cursor = at
  let lowest = at
  let next: number | undefined
  let bytes = 1
  for (let pointers = 0; ;) {
    if (cursor >= end) return undefined
    const length = view.getUint8(cursor)
    if (length === 0) {
      return { text: labels.length === 0 ? '.' : labels.join('.'), next: next ?? cursor + 1 }
    }
    if ((length & LABEL_POINTER) === LABEL_POINTER) {
      if (end - cursor < 2 || ++pointers > POINTERS_MAX) return undefined
      next ??= cursor + 2
      const target = start + (view.getUint16(cursor, false) & 0x3fff)
      if (target >= lowest) return undefined
      lowest = target
      cursor = target
      continue
    }
    bytes += length + 1
    // The two other kinds of label were given up before anybody used them.
    if ((length & LABEL_POINTER) !== 0 || bytes > NAME_BYTES_MAX) return undefined
    if (length >= end - cursor) return undefined
    labels.push(labelText(view, cursor + 1, length))
    cursor += length + 1
  }
}

const DOT = 46
const BACKSLASH = 92

function labelText(view: DataView, at: number, length: number): string {
  let text = ''
  for (let index = at; index < at + length; index++) {
    const byte = view.getUint8(index)
    if (byte === DOT || byte === BACKSLASH) text += `\\${String.fromCharCode(byte)}`
    else if (byte > 32 && byte < 127) text += String.fromCharCode(byte)
    else text += `\\${String(byte).padStart(3, '0')}`
  }
  return text
}
