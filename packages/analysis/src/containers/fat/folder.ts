import type { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'

/** A file or folder. */
export interface FatItem {
  readonly name: string
  readonly isFolder: boolean
  readonly cluster: number
  readonly size: number
}

const ENTRY_BYTES = 32
const DELETED = 0xe5
const ATTRIBUTE_LABEL = 8
const ATTRIBUTE_FOLDER = 0x10
const ATTRIBUTE_LONG = 0x0f
const LONG_FIRST = 0x40
/** Where the characters of a piece of a long name stand. */
const LONG_PLACES = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]

/**
 * The entries of a folder, the long names that stand before them joined.
 *
 * ```
 * short  name (8), ending (3), attributes (1), 12 case (1), 20 cluster high (2), 26 low (2),
 *        28 size (4)
 * long   number (1), characters in three places, 11 attributes 0x0f, 13 sum of the short name
 * ```
 */
export function* folderItems(bytes: Uint8Array, budget: Budget): Iterable<FatItem> {
  const view = new ByteView(bytes)
  let long: string[] = []
  for (let at = 0; view.has(at, ENTRY_BYTES); at += ENTRY_BYTES) {
    budget.spendSteps()
    const first = view.u8(at)
    if (first === 0) return
    const attributes = view.u8(at + 11)
    if (first === DELETED) {
      long = []
      continue
    }
    if ((attributes & 0x3f) === ATTRIBUTE_LONG) {
      if (first & LONG_FIRST) long = []
      long.unshift(longPiece(view, at))
      continue
    }
    const name = long.length > 0 ? long.join('') : shortName(view, at)
    long = []
    if (attributes & ATTRIBUTE_LABEL || name === '.' || name === '..') continue
    yield {
      name: name.replaceAll('/', ':'),
      isFolder: (attributes & ATTRIBUTE_FOLDER) !== 0,
      cluster: view.u16(at + 20) * 0x1_00_00 + view.u16(at + 26),
      size: view.u32(at + 28),
    }
  }
}

function longPiece(view: ByteView, at: number): string {
  const codes = LONG_PLACES.map((place) => view.u16(at + place))
  const end = codes.findIndex((code) => code === 0 || code === 0xff_ff)
  return String.fromCharCode(...(end === -1 ? codes : codes.slice(0, end)))
}

/** Two bits say which half of a short name is in lower case. */
function shortName(view: ByteView, at: number): string {
  const flags = view.u8(at + 12)
  const part = (offset: number, length: number, isLower: boolean) => {
    const text = view.latin1(at + offset, length).trimEnd()
    return isLower ? text.toLowerCase() : text
  }
  const name = part(0, 8, (flags & 8) !== 0)
  const ending = part(8, 3, (flags & 16) !== 0)
  return ending === '' ? name : `${name}.${ending}`
}
