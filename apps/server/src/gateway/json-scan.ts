/** Limits that hold before a byte of the text becomes an object. */
export interface JsonScanOptions {
  /** Deepest nesting of arrays and objects. */
  readonly depthMax: number
  /** Values, keys and containers together: each `,`, `:`, `[` and `{` outside strings. */
  readonly valuesMax: number
  /** Keys of the top-level object whose values' places are wanted. */
  readonly keys: readonly string[]
}

/** Where a value stands, in bytes. */
export interface JsonSpan {
  readonly from: number
  readonly to: number
}

/** What a scan found, or why the text must not be parsed. */
export type JsonScan =
  | {
      readonly ok: true
      /** Where the value of each of `keys` stands, in their order; absent when the key is. */
      readonly spans: readonly (JsonSpan | undefined)[]
    }
  | { readonly ok: false; readonly reason: 'too_deep' | 'too_many_values' | 'repeated_key' }

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Walks JSON bytes without building anything: bounds depth and size, and finds top-level values.
 *
 * `JSON.parse` of twenty million small arrays ends the process, so its work is bounded before it
 * begins. The place of a value lets its digest be taken over the bytes the sender hashed. The
 * text need not be valid JSON: the parser that follows decides that. A key written twice is
 * refused, because the scan and the parser could mean different ones.
 *
 * @param bytes UTF-8; every byte of JSON's own grammar is below 0x80, so no decoding is needed.
 */
export function scanJson(bytes: Uint8Array, options: JsonScanOptions): JsonScan {
  const keys = options.keys.map((key) => new TextEncoder().encode(`"${key}"`))
  const spans = keys.map((): JsonSpan | undefined => undefined)
  let depth = 0
  let values = 0
  // Which key's value is being walked, and where it began.
  let open = -1
  let from = -1
  let stringFrom = -1
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, index)
      if (depth === 1) stringFrom = index
      index = end
      continue
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1
      values += 1
      if (depth > options.depthMax) return { ok: false, reason: 'too_deep' }
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte === COMMA) {
      if (depth === 1 && open >= 0) {
        spans[open] = trimmed(bytes, { from, to: index })
        open = -1
      }
      if (byte === COMMA) values += 1
      else depth -= 1
    } else if (byte === COLON) {
      values += 1
      const at = stringFrom
      const found = depth === 1 ? keys.findIndex((part) => startsWith(bytes, { at, part })) : -1
      if (found >= 0) {
        if (open === found || spans[found] !== undefined) {
          return { ok: false, reason: 'repeated_key' }
        }
        open = found
        from = index + 1
      }
    }
    if (values > options.valuesMax) return { ok: false, reason: 'too_many_values' }
  }
  return { ok: true, spans }
}

function stringEnd(bytes: Uint8Array, quoteIndex: number): number {
  let index = quoteIndex + 1
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1
  return index
}

function startsWith(bytes: Uint8Array, { at, part }: { at: number; part: Uint8Array }): boolean {
  if (at < 0) return false
  for (let index = 0; index < part.length; index += 1) {
    if (bytes[at + index] !== part[index]) return false
  }
  return true
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function trimmed(bytes: Uint8Array, span: JsonSpan): JsonSpan {
  let { from, to } = span
  while (from < to && isSpace(bytes[from])) from += 1
  while (to > from && isSpace(bytes[to - 1])) to -= 1
  return { from, to }
}
