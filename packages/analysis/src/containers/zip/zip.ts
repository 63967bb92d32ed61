import { type ContainerFindingCode, type Entry, type EntryFinding, kindAndMode } from '../entry.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { type ByteSource, headOf, peek } from '../source.ts'
import { localHeader, zipContent } from './content.ts'
import { type DirectoryEntry, directoryEntries, findDirectory } from './directory.ts'
import { zipName } from './names.ts'
import { recovered } from './recover.ts'

const LINK_BYTES_MAX = 4_096
const LOCAL_MAGIC = [0x50, 0x4b, 0x03, 0x04]
const END_MAGIC = [0x50, 0x4b, 0x05, 0x06]
const GAPS_MAX = 1_000

/**
 * ZIP, read by its central directory as macOS does. What stands in the file beside the directory is
 * told: entries it leaves out, names that differ between the two, contents that overlap.
 */
export const ZIP: ContainerFormat = {
  name: 'zip',
  recognise(source) {
    const head = headOf(source, 4)
    const begins = (magic: readonly number[]) => magic.every((byte, index) => head[index] === byte)
    return begins(LOCAL_MAGIC) || begins(END_MAGIC)
  },
  *entries(source, context) {
    const directory = findDirectory(source)
    if (directory === undefined) {
      context.note({ code: 'truncated', detail: 'There is no end record; entries are searched.' })
      yield* recovered(source, context)
      return
    }
    if (directory.shift > 0) {
      const detail = `${directory.shift} bytes stand before the archive.`
      context.note({ code: 'data_before_start', detail })
    }
    if (directory.end < source.length) {
      const detail = `${source.length - directory.end} bytes follow the archive.`
      context.note({ code: 'data_after_end', detail })
    }
    const spans: Span[] = []
    let count = 0
    for (const entry of directoryEntries(source, directory, context)) {
      count += 1
      yield entryOf(source, entry, spans)
    }
    if (count !== directory.entries % 0x1_00_00 && count !== directory.entries) {
      const detail = `${directory.entries} entries are stated, ${count} are there.`
      context.note({ code: 'damaged', detail })
    }
    yield* hidden(source, { spans, end: directory.offset }, context)
  },
}

/** Where an entry lies, with its local header. */
interface Span {
  readonly from: number
  readonly to: number
}

function entryOf(source: ByteSource, entry: DirectoryEntry, spans: Span[]): Entry {
  const name = zipName(entry.name)
  const findings: EntryFinding[] = []
  const note = (code: ContainerFindingCode, detail: string) => findings.push({ code, detail })
  const header = localHeader(source, entry.offset)
  if (header !== undefined) {
    const other = zipName(header.name)
    const raw = Buffer.from(header.name)
    const differs = !raw.equals(entry.name) && other !== name
    if (differs) note('names_differ', `Its local header calls it ${other.slice(0, 200)}.`)
    spans.push({ from: entry.offset, to: header.contentAt + entry.packedBytes })
  }
  const isFolder = name.endsWith('/')
  const posix = kindAndMode(entry.mode ?? 0)
  const kind = posix.kind === 'file' && isFolder ? 'folder' : posix.kind
  const facts = {
    path: name,
    size: entry.size,
    packedBytes: entry.packedBytes,
    findings,
    ...(entry.mode !== undefined && { mode: posix.mode }),
    ...(entry.modifiedMs !== undefined && { modifiedMs: entry.modifiedMs }),
  }
  const read = (bytesMax: number) => zipContent(source, entry, bytesMax)
  if (kind === 'symlink') return { ...facts, kind, target: targetOf(read) }
  return kind === 'file' ? { ...facts, kind, read } : { ...facts, kind }
}

function targetOf(read: NonNullable<Entry['read']>): string {
  return Buffer.from(read(LINK_BYTES_MAX).bytes).toString('utf8')
}

interface Covered {
  readonly spans: Span[]
  readonly end: number
}

/** Local entries between those that the directory lists, and listed ones that overlap. */
function* hidden(source: ByteSource, covered: Covered, context: ReadContext): Iterable<Entry> {
  const spans = covered.spans.toSorted((a, b) => a.from - b.from)
  let [at, gaps, overlaps] = [spans[0]?.from ?? covered.end, 0, 0]
  for (const span of [...spans, { from: covered.end, to: covered.end }]) {
    if (span.from < at && span.to > span.from) overlaps += 1
    if (span.from > at && gaps < GAPS_MAX) {
      gaps += 1
      const gap = peek(source, { offset: at, length: span.from - at })
      const offset = Buffer.from(gap.buffer, gap.byteOffset, gap.length).indexOf(
        Uint8Array.from(LOCAL_MAGIC),
      )
      if (offset !== -1) yield* recovered(source, context, { from: at + offset, to: span.from })
    }
    at = Math.max(at, span.to)
  }
  if (overlaps > 0) {
    context.note({ code: 'entries_overlap', detail: `${overlaps} entries share bytes.` })
  }
}
