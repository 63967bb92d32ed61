import { ByteView } from '../../bytes/view.ts'
import { type Entry, type EntryKind, kindAndMode } from '../entry.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, peek } from '../source.ts'
import { damaged, truncated } from '../stop.ts'
import { paxFields } from './pax.ts'

const BLOCK_BYTES = 512
const FIELD_BYTES_MAX = 1_048_576
const MS_PER_S = 1_000

const KINDS: Readonly<Record<string, EntryKind>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hard_link',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'folder',
  '6': 'device',
  '7': 'file',
  S: 'file',
}

/** What stands before an entry and describes it better than its own header can. */
interface Described {
  readonly path?: string
  readonly target?: string
  readonly fields: ReadonlyMap<string, Uint8Array>
}

const NOTHING: Described = { fields: new Map() }
const ATTRIBUTE_PREFIXES = ['SCHILY.xattr.', 'LIBARCHIVE.xattr.']

/** tar in the forms ustar, pax and GNU; the old form is known by its sum alone. */
export const TAR: ContainerFormat = {
  name: 'tar',
  recognise(source) {
    const header = new ByteView(peek(source, { offset: 0, length: BLOCK_BYTES }))
    return header.length === BLOCK_BYTES && isSumRight(header) && header.u8(0) !== 0
  },
  *entries(source, context) {
    yield* walk(source, context)
  },
}

/**
 * ```
 *   0 name (100), mode (8), owner (8), group (8), size (12), modified (12), sum (8), kind (1)
 * 157 link target (100), "ustar", version (3), … 345 prefix of the name (155)
 * ```
 *
 * Kinds of description: x (pax, the next entry), g (pax, all that follow), L and K (GNU, name and
 * target of the next one).
 */
function* walk(source: ByteSource, context: ReadContext): Iterable<Entry> {
  let described = NOTHING
  for (let at = 0; ;) {
    context.budget.spendSteps()
    const header = new ByteView(peek(source, { offset: at, length: BLOCK_BYTES }))
    if (header.length === 0) return
    if (header.length < BLOCK_BYTES) throw truncated('The last header is cut.')
    if (header.bytes.every((byte) => byte === 0)) {
      tellRest(source, at, context)
      return
    }
    if (!isSumRight(header)) throw damaged(`The header at ${at} has another sum.`)
    const kind = header.latin1(156, 1)
    const contentAt = at + BLOCK_BYTES
    const size = sizeOf(header, described)
    const next = contentAt + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
    if (!Number.isSafeInteger(next)) throw damaged(`${size} bytes are absurd.`)
    const range = { offset: contentAt, length: size }
    if (kind === 'x' || kind === 'g' || kind === 'L' || kind === 'K') {
      const bytes = peek(source, { ...range, length: Math.min(size, FIELD_BYTES_MAX) })
      if (kind !== 'g') described = withDescription(described, kind, bytes)
    } else {
      yield entryOf(source, { header, described, range })
      described = NOTHING
    }
    at = next
  }
}

function withDescription(described: Described, kind: string, bytes: Uint8Array): Described {
  if (kind === 'x') return { ...described, fields: paxFields(bytes) }
  const text = new ByteView(bytes).cString(0, bytes.length)
  return kind === 'L' ? { ...described, path: text } : { ...described, target: text }
}

/** Archives are padded with zeros; anything else behind the end was put there. */
function tellRest(source: ByteSource, at: number, { note }: ReadContext): void {
  const rest = peek(source, { offset: at, length: 1_048_576 })
  const first = rest.findIndex((byte) => byte !== 0)
  if (first === -1) return
  note({ code: 'data_after_end', detail: `Something begins ${first} bytes behind the end.` })
}

/** The sum of the header's bytes, its own field counted as blanks. */
function isSumRight(header: ByteView): boolean {
  let sum = 8 * 0x20
  for (const [at, byte] of header.bytes.entries()) if (at < 148 || at >= 156) sum += byte
  return numberOf(header, 148, 8) === sum
}

/** Octal text, or a binary number where the highest bit is set. */
function numberOf(header: ByteView, at: number, length: number): number {
  if (header.u8(at) & 0x80) {
    let value = header.u8(at) & 0x7f
    for (let index = 1; index < length; index++) value = value * 256 + header.u8(at + index)
    return value
  }
  const text = header.latin1(at, length).replaceAll(/[\0 ]/g, '')
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0
}

function textOf(fields: Described['fields'], key: string): string | undefined {
  const value = fields.get(key)
  return value === undefined ? undefined : Buffer.from(value).toString('utf8')
}

function sizeOf(header: ByteView, { fields }: Described): number {
  const stated = Number(textOf(fields, 'size') ?? Number.NaN)
  return Number.isSafeInteger(stated) && stated >= 0 ? stated : numberOf(header, 124, 12)
}

interface Placed {
  readonly header: ByteView
  readonly described: Described
  readonly range: { readonly offset: number; readonly length: number }
}

function entryOf(source: ByteSource, { header, described, range }: Placed): Entry {
  const { fields } = described
  const path = textOf(fields, 'path') ?? described.path ?? nameOf(header)
  const kindText = header.latin1(156, 1)
  const stated = KINDS[kindText] ?? 'file'
  const kind = stated === 'file' && path.endsWith('/') ? 'folder' : stated
  const target = textOf(fields, 'linkpath') ?? described.target ?? header.cString(157, 100)
  const modified = Number(textOf(fields, 'mtime') ?? numberOf(header, 136, 12))
  const attributes = attributesOf(fields)
  const facts = {
    path,
    kind,
    mode: kindAndMode(numberOf(header, 100, 8)).mode,
    ownerId: numberOf(header, 108, 8),
    ...(Number.isFinite(modified) && { modifiedMs: Math.floor(modified * MS_PER_S) }),
    ...((kind === 'symlink' || kind === 'hard_link') && { target }),
    ...(attributes.size > 0 && { attributes }),
  }
  if (kind !== 'file') return facts
  if (kindText === 'S' || fields.has('GNU.sparse.major')) {
    const detail = 'The file has holes, which are not read.'
    return { ...facts, findings: [{ code: 'unsupported', detail }] }
  }
  const { length } = range
  const read = (bytesMax: number) => plainContent(source, range, bytesMax)
  return { ...facts, size: length, packedBytes: length, read }
}

function nameOf(header: ByteView): string {
  const name = header.cString(0, 100)
  const isUstar = header.startsWith('ustar\0', 257)
  const prefix = isUstar ? header.cString(345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function attributesOf(fields: Described['fields']): Map<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>()
  for (const [key, value] of fields) {
    const prefix = ATTRIBUTE_PREFIXES.find((one) => key.startsWith(one))
    if (prefix === undefined) continue
    const isBase64 = prefix.startsWith('LIBARCHIVE')
    const bytes = isBase64 ? Buffer.from(Buffer.from(value).toString('latin1'), 'base64') : value
    attributes.set(key.slice(prefix.length), bytes)
  }
  return attributes
}
