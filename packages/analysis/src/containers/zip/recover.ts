import type { Entry } from '../entry.ts'
import type { ReadContext } from '../format.ts'
import { type ByteSource, peek } from '../source.ts'
import { localHeader, type LocalHeader, zipContent } from './content.ts'
import type { DirectoryEntry } from './directory.ts'
import { zipName } from './names.ts'

const FLAG_SIZE_FOLLOWS = 8
const LOCAL_MAGIC = Uint8Array.of(0x50, 0x4b, 0x03, 0x04)
const DIRECTORY_MAGIC = Uint8Array.of(0x50, 0x4b, 0x01, 0x02)
const DESCRIPTOR_MAGIC = Uint8Array.of(0x50, 0x4b, 0x07, 0x08)
const NOTHING_KNOWN = 0xff_ff_ff_ff

/** A part of the archive; both ends are offsets. */
interface Region {
  readonly from: number
  readonly to: number
}

/**
 * Entries found by their local headers alone: those of a cut archive, and those that a directory
 * leaves out.
 */
export function* recovered(
  source: ByteSource,
  context: ReadContext,
  region?: Region,
): Iterable<Entry> {
  const end = region?.to ?? source.length
  let at = region?.from ?? 0
  while (at < end) {
    context.budget.spendSteps()
    const header = localHeader(source, at)
    if (header === undefined) return
    const packedBytes = packedBytesOf(source, header, end)
    yield entryOf(source, { header, offset: at, packedBytes }, region !== undefined)
    at = nextAfter(source, header.contentAt + packedBytes, end)
  }
}

/** With sizes that follow the content, it reaches to the next magic. */
function packedBytesOf(source: ByteSource, header: LocalHeader, end: number): number {
  const isKnown = (header.flags & FLAG_SIZE_FOLLOWS) === 0 && header.packedBytes !== NOTHING_KNOWN
  if (isKnown) return header.packedBytes
  const rest = Buffer.from(
    peek(source, { offset: header.contentAt, length: Math.max(0, end - header.contentAt) }),
  )
  const found = [DESCRIPTOR_MAGIC, LOCAL_MAGIC, DIRECTORY_MAGIC]
    .map((magic) => rest.indexOf(magic))
    .filter((offset) => offset !== -1)
  return found.length === 0 ? rest.length : Math.min(...found)
}

function nextAfter(source: ByteSource, at: number, end: number): number {
  const near = Buffer.from(
    peek(source, { offset: at, length: Math.min(64, Math.max(0, end - at)) }),
  )
  const offset = near.indexOf(LOCAL_MAGIC)
  return offset === -1 ? end : at + offset
}

interface Found {
  readonly header: LocalHeader
  readonly offset: number
  readonly packedBytes: number
}

function entryOf(source: ByteSource, found: Found, isHidden: boolean): Entry {
  const { header, offset, packedBytes } = found
  const path = zipName(header.name)
  const detail = 'The directory leaves this entry out.'
  const findings = isHidden ? [{ code: 'hidden_entry', detail } as const] : []
  if (path.endsWith('/')) return { path, kind: 'folder', findings }
  const follows = (header.flags & FLAG_SIZE_FOLLOWS) !== 0
  const entry: DirectoryEntry = {
    name: header.name,
    isUtf8: false,
    flags: header.flags,
    method: header.method,
    crc: header.crc,
    packedBytes,
    size: header.size,
    offset,
  }
  const read = (bytesMax: number) => {
    const content = zipContent(source, entry, bytesMax)
    // The sum stands behind the content, whose end was guessed.
    if (!follows || content.problem !== 'checksum') return content
    return { bytes: content.bytes }
  }
  const facts = { path, kind: 'file', packedBytes, findings, read } as const
  return follows ? facts : { ...facts, size: header.size }
}
