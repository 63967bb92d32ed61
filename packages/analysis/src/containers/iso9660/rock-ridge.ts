import { ByteView } from '../../bytes/view.ts'
import { type ByteSource, peek } from '../source.ts'

/** What Rock Ridge adds to a record. */
export interface RockRidge {
  readonly isMarked: boolean
  readonly name?: string
  readonly mode?: number
  readonly ownerId?: number
  readonly target?: string
}

const RECORD_BYTES = 33
const CONTINUATIONS_MAX = 16
const SECTOR_BYTES = 2_048
const CONTINUES = 1
const CURRENT = 2
const PARENT = 4
const ROOT = 8

/** Names and targets come in pieces. */
interface Gathered {
  isMarked: boolean
  name: string | undefined
  mode: number | undefined
  ownerId: number | undefined
  target: string | undefined
  /** Whether the last part of the target goes on in the next field. */
  isOpen: boolean
}

/**
 * Reads the fields behind the name of a record: mark (2), bytes (1), version (1), content.
 *
 * ```
 * SP, RR, ER  marks of the extension          PX  mode (8), links (8), owner (8)
 * NM          flags (1), name                 SL  flags (1), parts { flags (1), bytes (1), text }
 * CE          the fields go on: block (8), offset (8), bytes (8)
 * ```
 *
 * @see IEEE P1281 (SUSP 1.12), IEEE P1282 (RRIP 1.12)
 */
export function rockRidge(source: ByteSource, record: ByteView): RockRidge {
  const nameBytes = record.u8(32)
  const start = RECORD_BYTES + nameBytes + (nameBytes % 2 === 0 ? 1 : 0)
  const gathered: Gathered = {
    isMarked: false,
    name: undefined,
    mode: undefined,
    ownerId: undefined,
    target: undefined,
    isOpen: false,
  }
  let area: ByteView | undefined = record.has(start, 0) ? record.from(start) : undefined
  for (let count = 0; area !== undefined && count < CONTINUATIONS_MAX; count++) {
    area = takeArea(source, area, gathered)
  }
  const { isMarked, name, mode, ownerId, target } = gathered
  return {
    isMarked,
    ...(name !== undefined && name !== '' && { name: name.replaceAll('/', ':') }),
    ...(mode !== undefined && { mode }),
    ...(ownerId !== undefined && { ownerId }),
    ...(target !== undefined && { target }),
  }
}

/** @returns Where the fields go on. */
function takeArea(source: ByteSource, area: ByteView, gathered: Gathered): ByteView | undefined {
  let next: ByteView | undefined
  for (let at = 0; area.has(at, 4);) {
    const bytes = area.u8(at + 2)
    if (bytes < 4 || !area.has(at, bytes)) break
    const mark = area.latin1(at, 2)
    const field = area.slice(at, bytes)
    if (mark === 'CE' && bytes >= 28) {
      const offset = field.u32(4) * SECTOR_BYTES + field.u32(12)
      next = new ByteView(peek(source, { offset, length: Math.min(field.u32(20), SECTOR_BYTES) }))
    } else if (mark === 'ST') break
    else takeField(mark, field, gathered)
    at += bytes
  }
  return next
}

function takeField(mark: string, field: ByteView, gathered: Gathered): void {
  if (mark === 'SP' || mark === 'RR' || mark === 'ER') gathered.isMarked = true
  else if (mark === 'PX' && field.length >= 28) {
    gathered.isMarked = true
    gathered.mode = field.u32(4)
    gathered.ownerId = field.u32(20)
  } else if (mark === 'NM' && field.length > 5) {
    gathered.name = (gathered.name ?? '') + field.text(5, field.length - 5)
  } else if (mark === 'SL' && field.length > 5) takeTarget(field, gathered)
}

function takeTarget(field: ByteView, gathered: Gathered): void {
  let target = gathered.target ?? ''
  let isOpen = gathered.isOpen
  for (let at = 5; field.has(at, 2);) {
    const flags = field.u8(at)
    const bytes = field.u8(at + 1)
    if (!field.has(at + 2, bytes)) break
    if (!isOpen && target !== '' && !target.endsWith('/')) target += '/'
    if (flags & ROOT) target = '/'
    else if (flags & PARENT) target += '..'
    else if (flags & CURRENT) target += '.'
    else target += field.text(at + 2, bytes)
    isOpen = (flags & CONTINUES) !== 0
    at += 2 + bytes
  }
  gathered.target = target
  gathered.isOpen = isOpen
}
