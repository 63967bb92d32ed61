import { createHash } from 'node:crypto'
import { ByteView } from '../../bytes/view.ts'
import type { Content, Entry } from '../entry.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, headOf } from '../source.ts'
import { damaged } from '../stop.ts'

const PREFIX_BYTES = 16
const HEADER_BYTES_MAX = 16_777_216
const DEPTH_MAX = 64
const EXECUTABLE = 0o755
const PLAIN = 0o644

/** What a node of the header can hold; every value is somebody's word. */
type Json = Readonly<Record<string, unknown>>

/**
 * Archives of Electron, in which applications keep their JavaScript.
 *
 * ```
 * 4 (4), header bytes (4), header text with padding (4), text bytes (4), JSON, padding; content
 * JSON  { files: { name: { files } | { size, offset, executable, unpacked, link, integrity } } }
 * ```
 *
 * Offsets count from the content's beginning and are texts. `integrity` holds the hash of the file
 * and of its blocks; a bundle promises that of the header, which is given as a fact.
 */
export const ASAR: ContainerFormat = {
  name: 'asar',
  recognise(source) {
    const view = new ByteView(headOf(source, PREFIX_BYTES + 1))
    if (view.length <= PREFIX_BYTES || view.u32(0) !== 4) return false
    const [header, text, json] = [view.u32(4), view.u32(8), view.u32(12)]
    return text <= header && json <= text && json > 0 && view.u8(PREFIX_BYTES) === 0x7b
  },
  *entries(source, context) {
    const prefix = new ByteView(source.read(0, PREFIX_BYTES))
    const textBytes = prefix.u32(12)
    if (textBytes > HEADER_BYTES_MAX) throw damaged(`A header of ${textBytes} bytes is absurd.`)
    const text = source.read(PREFIX_BYTES, textBytes)
    context.fact('header_sha256', createHash('sha256').update(text).digest('hex'))
    const archive = { source, context, contentAt: 8 + prefix.u32(4) }
    yield* inFolder(archive, headerOf(text), { path: '', depth: 0 })
  },
}

interface Archive {
  readonly source: ByteSource
  readonly context: ReadContext
  readonly contentAt: number
}

function headerOf(text: Uint8Array): Json {
  try {
    return jsonOf(JSON.parse(Buffer.from(text).toString('utf8')))
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged('The header is no JSON.')
    throw error
  }
}

function jsonOf(value: unknown): Json {
  // An object of unknown values is what any object is.
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

interface Place {
  readonly path: string
  readonly depth: number
}

function* inFolder(archive: Archive, folder: Json, place: Place): Iterable<Entry> {
  if (place.depth > DEPTH_MAX) throw damaged('The folders are nested absurdly.')
  for (const [name, value] of Object.entries(jsonOf(folder['files']))) {
    archive.context.budget.spendSteps()
    // A name with a slash would stand for a folder that is not there.
    const plain = name.replaceAll('/', ':')
    const path = place.path === '' ? plain : `${place.path}/${plain}`
    const node = jsonOf(value)
    if (node['files'] === undefined) yield fileEntry(archive, node, path)
    else {
      yield { path, kind: 'folder' }
      yield* inFolder(archive, node, { path, depth: place.depth + 1 })
    }
  }
}

function fileEntry({ source, contentAt }: Archive, node: Json, path: string): Entry {
  const { link, size, offset } = node
  if (typeof link === 'string') return { path, kind: 'symlink', target: link }
  const bytes = typeof size === 'number' && Number.isSafeInteger(size) ? Math.max(0, size) : 0
  const mode = node['executable'] === true ? EXECUTABLE : PLAIN
  // Unpacked files lie in a folder beside the archive.
  if (node['unpacked'] === true) return { path, kind: 'file', size: bytes, mode }
  const at = contentAt + Number(typeof offset === 'string' ? offset : 'none')
  const read = (bytesMax: number): Content => {
    if (!Number.isSafeInteger(at)) throw damaged('The file has no offset.')
    const content = plainContent(source, { offset: at, length: bytes }, bytesMax)
    return content.problem === undefined && isBroken(content.bytes, node)
      ? { bytes: content.bytes, problem: 'checksum' }
      : content
  }
  return { path, kind: 'file', size: bytes, packedBytes: bytes, mode, read }
}

/** Whether the file has another hash than it states. */
function isBroken(bytes: Uint8Array, node: Json): boolean {
  const { algorithm, hash } = jsonOf(node['integrity'])
  if (algorithm !== 'SHA256' || typeof hash !== 'string') return false
  return createHash('sha256').update(bytes).digest('hex') !== hash.toLowerCase()
}
