import { ByteView } from '../../bytes/view.ts'
import type { ReadContext } from '../format.ts'
import { type ByteSource, peek } from '../source.ts'
import { damaged, truncated } from '../stop.ts'

const END_MAGIC = 0x06_05_4b_50
const END_BYTES = 22
const COMMENT_BYTES_MAX = 65_535
const LOCATOR_MAGIC = 0x07_06_4b_50
const LOCATOR_BYTES = 20
const END64_MAGIC = 0x06_06_4b_50
const END64_BYTES = 56
const ENTRY_MAGIC = 0x02_01_4b_50
const ENTRY_BYTES = 46
const U32_MAX = 0xff_ff_ff_ff
const U16_MAX = 0xff_ff
const EXTRA_ZIP64 = 1
const EXTRA_TIMES = 0x54_55
const EXTRA_UNICODE_PATH = 0x70_75

/** Where the central directory is. */
export interface Directory {
  readonly offset: number
  readonly bytes: number
  readonly entries: number
  /** Bytes before the archive that its offsets do not count, as in self-extracting ones. */
  readonly shift: number
  /** Offset behind the end record and its comment. */
  readonly end: number
}

/** An entry of the central directory. */
export interface DirectoryEntry {
  readonly name: Uint8Array
  readonly isUtf8: boolean
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly size: number
  /** POSIX mode, where a system that has such made the archive. */
  readonly mode?: number
  readonly modifiedMs?: number
  /** Where its local header begins. */
  readonly offset: number
}

/**
 * Finds the end record, the last that fits, and with it the directory.
 *
 * ```
 * end record  magic, disks (2 × 2), entries here (2), entries (2), directory bytes (4), offset (4),
 *             comment length (2), comment
 * ```
 *
 * @returns Undefined when there is none: a cut archive.
 * @see PKWARE APPNOTE 6.3.10, 4.3
 */
export function findDirectory(source: ByteSource): Directory | undefined {
  const tailAt = Math.max(0, source.length - END_BYTES - COMMENT_BYTES_MAX)
  const tail = new ByteView(peek(source, { offset: tailAt, length: source.length - tailAt }))
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.u32(at) !== END_MAGIC) continue
    const end = at + END_BYTES + tail.u16(at + 20)
    if (end > tail.length) continue
    const directory = directoryAt(source, tail.slice(at, END_BYTES), tailAt + at)
    if (directory !== undefined) return { ...directory, end: tailAt + end }
  }
  return undefined
}

function directoryAt(
  source: ByteSource,
  record: ByteView,
  at: number,
): Omit<Directory, 'end'> | undefined {
  const stated = { entries: record.u16(10), bytes: record.u32(12), offset: record.u32(16) }
  const isLarge =
    stated.entries === U16_MAX || stated.bytes === U32_MAX || stated.offset === U32_MAX
  const large = isLarge ? directory64(source, at) : undefined
  const { entries, bytes, offset, recordAt } = large ?? { ...stated, recordAt: at }
  const shift = recordAt - bytes - offset
  // A negative shift: the directory cannot end where the record begins. A lying record.
  if (shift < 0) return undefined
  return { entries, bytes, offset: offset + shift, shift }
}

/** The ZIP64 end record, which the locator before the end record points to. */
function directory64(source: ByteSource, endAt: number) {
  const offset = endAt - LOCATOR_BYTES
  const locator = new ByteView(peek(source, { offset, length: LOCATOR_BYTES }))
  if (locator.length < LOCATOR_BYTES || locator.u32(0) !== LOCATOR_MAGIC) return undefined
  // Its offset misses what was put before the archive; then the record ends at the locator.
  for (const recordAt of [locator.size64(8), offset - END64_BYTES]) {
    const record = new ByteView(peek(source, { offset: recordAt, length: END64_BYTES }))
    if (record.length < END64_BYTES || record.u32(0) !== END64_MAGIC) continue
    const entries = record.size64(32)
    return { entries, bytes: record.size64(40), offset: record.size64(48), recordAt }
  }
  return undefined
}

/**
 * Reads the central directory.
 *
 * ```
 * magic, made by (2), needs (2), flags (2), method (2), time (2), date (2), CRC (4), packed (4),
 * size (4), name length (2), extra length (2), comment length (2), disk (2), attributes (2 + 4),
 * local header offset (4), name, extra, comment
 * ```
 *
 * @throws AnalysisError where an entry is cut or is none.
 */
export function* directoryEntries(
  source: ByteSource,
  directory: Directory,
  context: ReadContext,
): Iterable<DirectoryEntry> {
  let at = directory.offset
  const end = directory.offset + directory.bytes
  for (let index = 0; at < end; index++) {
    context.budget.spendSteps()
    const fixed = new ByteView(peek(source, { offset: at, length: ENTRY_BYTES }))
    if (fixed.length < ENTRY_BYTES) throw truncated(`Entry ${index} of the directory is cut.`)
    if (fixed.u32(0) !== ENTRY_MAGIC) throw damaged(`Entry ${index} of the directory is none.`)
    const nameBytes = fixed.u16(28)
    const extraBytes = fixed.u16(30)
    const name = source.read(at + ENTRY_BYTES, nameBytes)
    const extra = new ByteView(source.read(at + ENTRY_BYTES + nameBytes, extraBytes))
    yield entryOf(fixed, { name, extra, shift: directory.shift })
    at += ENTRY_BYTES + nameBytes + extraBytes + fixed.u16(32)
  }
}

interface EntryParts {
  readonly name: Uint8Array
  readonly extra: ByteView
  readonly shift: number
}

const SYSTEM_UNIX = 3
const SYSTEM_MACOS = 19
const FLAG_UTF8 = 0x8_00
const MS_PER_S = 1_000

function entryOf(fixed: ByteView, { name, extra, shift }: EntryParts): DirectoryEntry {
  let [packedBytes, size, offset] = [fixed.u32(20), fixed.u32(24), fixed.u32(42)]
  let isUtf8 = (fixed.u16(8) & FLAG_UTF8) !== 0
  let nameNow = name
  let modifiedMs: number | undefined
  for (const { kind, body } of extras(extra)) {
    if (kind === EXTRA_ZIP64) {
      // Only what did not fit stands here, in this order.
      let at = 0
      const next = () => body.size64((at += 8) - 8)
      if (size === U32_MAX && body.has(at, 8)) size = next()
      if (packedBytes === U32_MAX && body.has(at, 8)) packedBytes = next()
      if (offset === U32_MAX && body.has(at, 8)) offset = next()
    } else if (kind === EXTRA_TIMES && body.length >= 5 && (body.u8(0) & 1) === 1) {
      modifiedMs = body.i32(1) * MS_PER_S
    } else if (kind === EXTRA_UNICODE_PATH && body.length > 5) {
      nameNow = body.from(5).bytes
      isUtf8 = true
    }
  }
  const system = fixed.u8(5)
  const mode = system === SYSTEM_UNIX || system === SYSTEM_MACOS ? fixed.u16(40) : 0
  return {
    name: nameNow,
    isUtf8,
    flags: fixed.u16(8),
    method: fixed.u16(10),
    crc: fixed.u32(16),
    packedBytes,
    size,
    ...(mode !== 0 && { mode }),
    ...(modifiedMs !== undefined && { modifiedMs }),
    offset: offset + shift,
  }
}

/** The extra fields: kind (2), length (2), body. What does not fit is left. */
export function* extras(extra: ByteView): Iterable<{ kind: number; body: ByteView }> {
  for (let at = 0; extra.has(at, 4);) {
    const length = extra.u16(at + 2)
    if (!extra.has(at + 4, length)) return
    yield { kind: extra.u16(at), body: extra.slice(at + 4, length) }
    at += 4 + length
  }
}
