import { Buffer } from 'node:buffer'

/** The bytes a reader may look at: from `at` up to, not including, `end`. */
export interface Window {
  readonly view: DataView
  readonly at: number
  readonly end: number
}

/**
 * What a reader made of a window: how many bytes it is done with (more than there are means: skip
 * those that come), or that it needs so many in all before it can go on.
 */
export type Progress =
  | { readonly done: number; readonly isPacket?: boolean }
  | { readonly need: number; readonly isPacket?: boolean }

/** The bytes between two places of a view, without copying. */
export function bytesOf({ view, at, end }: Window): Buffer {
  return Buffer.from(view.buffer, view.byteOffset + at, end - at)
}

/** A text in a field of fixed width, which ends at its first zero byte; `undefined` when empty. */
export function fixedText(window: Window): string | undefined {
  const bytes = bytesOf(window)
  const zero = bytes.indexOf(0)
  const text = bytes.toString('utf8', 0, zero < 0 ? bytes.length : zero)
  return text === '' ? undefined : text
}

const NONE = '00000000000000000000000000000000'

/** A UUID of 16 bytes in Apple's spelling; `undefined` when there are fewer or all are zero. */
export function uuidText({ view, at, end }: Window): string | undefined {
  if (end - at < 16) return undefined
  const hex = bytesOf({ view, at, end: at + 16 }).toString('hex')
  if (hex === NONE) return undefined
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20)].join('-').toUpperCase()
}
