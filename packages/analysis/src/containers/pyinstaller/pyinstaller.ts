import { ByteView } from '../../bytes/view.ts'
import { unpackZlib } from '../../compression/zlib.ts'
import type { Content, Entry } from '../entry.ts'
import type { ContainerFormat } from '../format.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, headOf, partOf, peek } from '../source.ts'
import { damaged } from '../stop.ts'

const COOKIE = Buffer.from('MEI\x0c\x0b\x0a\x0b\x0e', 'latin1')
const COOKIE_BYTES = 88
const COOKIE_BYTES_OLD = 24
const ENTRY_BYTES = 18
const TABLE_BYTES_MAX = 67_108_864
const LINK_BYTES_MAX = 4_096
const SEARCH_BYTES_MAX = 1_073_741_824

/** First bytes of programs: Mach-O in both orders and widths, universal ones, and ELF. */
const PROGRAMS = new Set([
  0xfe_ed_fa_ce, 0xfe_ed_fa_cf, 0xce_fa_ed_fe, 0xcf_fa_ed_fe, 0xca_fe_ba_be, 0x7f_45_4c_46,
])

/** What the kinds of entries are, and the ending that says so. */
const ENDINGS: Readonly<Record<string, string>> = { M: '.pyc', m: '.pyc', s: '.pyc' }

/**
 * The archive PyInstaller appends to its starter: Python programs as one file.
 *
 * ```
 * table   entries: bytes of the entry (4), offset (4), packed bytes (4), bytes (4), packed (1),
 *         kind (1), name with padding
 * cookie  magic (8), archive bytes (4), table offset (4), table bytes (4), Python version (4),
 *         name of the library (64, since 2.1); big-endian, at the archive's end
 * ```
 *
 * A code signature may follow. Kinds: s a program, m and M modules, z an archive of modules, b a
 * library, x data, n a link, o an option. Programs and modules are marshalled code without its
 * header.
 */
export const PYINSTALLER: ContainerFormat = {
  name: 'pyinstaller',
  recognise: (source) => cookieOf(source) !== undefined,
  *entries(source, context) {
    const cookie = cookieOf(source)
    if (cookie === undefined) throw damaged('The archive has no cookie.')
    context.fact('python_version', cookie.version)
    if (cookie.tableBytes > TABLE_BYTES_MAX) throw damaged('The table is absurdly long.')
    const archive = partOf(source, { offset: cookie.start, length: cookie.archiveBytes })
    const table = new ByteView(archive.read(cookie.tableOffset, cookie.tableBytes), 'big')
    for (let at = 0; table.has(at, ENTRY_BYTES);) {
      context.budget.spendSteps()
      const entryBytes = table.u32(at)
      if (entryBytes < ENTRY_BYTES) throw damaged(`An entry of ${entryBytes} bytes is none.`)
      yield entryOf(archive, table.slice(at, entryBytes))
      at += entryBytes
    }
  },
}

interface Cookie {
  readonly start: number
  readonly archiveBytes: number
  readonly tableOffset: number
  readonly tableBytes: number
  /** Such as `3.11`. */
  readonly version: string
}

function cookieOf(source: ByteSource): Cookie | undefined {
  if (source.length < COOKIE_BYTES_OLD || source.length > SEARCH_BYTES_MAX) return undefined
  if (!PROGRAMS.has(new ByteView(headOf(source, 4), 'big').u32(0))) return undefined
  const bytes = source.read(0, source.length)
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf(COOKIE)
  if (at === -1) return undefined
  const cookie = new ByteView(bytes.subarray(at, at + COOKIE_BYTES), 'big')
  if (cookie.length < COOKIE_BYTES_OLD) return undefined
  const [archiveBytes, tableOffset, tableBytes] = [cookie.u32(8), cookie.u32(12), cookie.u32(16)]
  const version = cookie.u32(20)
  // The old cookie lacks the name of the library; only one of the ends gives a sound table.
  for (const cookieBytes of [COOKIE_BYTES, COOKIE_BYTES_OLD]) {
    const start = at + cookieBytes - archiveBytes
    const isSound = start >= 0 && tableOffset + tableBytes <= archiveBytes
    if (!isSound || !isTableAt(bytes, start + tableOffset, tableBytes)) continue
    const [major, minor] = version >= 100 ? [100, version % 100] : [10, version % 10]
    const text = `${Math.floor(version / major)}.${minor}`
    return { start, archiveBytes, tableOffset, tableBytes, version: text }
  }
  return undefined
}

/** Whether the first entry has a length and a kind that entries have. */
function isTableAt(bytes: Uint8Array, at: number, tableBytes: number): boolean {
  const view = new ByteView(bytes.subarray(at, at + ENTRY_BYTES), 'big')
  if (view.length < ENTRY_BYTES) return false
  const entryBytes = view.u32(0)
  const isLength = entryBytes >= ENTRY_BYTES && entryBytes <= tableBytes
  return isLength && view.u8(16) <= 1 && /[a-zA-Z]/.test(String.fromCharCode(view.u8(17)))
}

function entryOf(archive: ByteSource, entry: ByteView): Entry {
  const [offset, packedBytes, size] = [entry.u32(4), entry.u32(8), entry.u32(12)]
  const kind = entry.latin1(17, 1)
  const name = entry.cString(ENTRY_BYTES, entry.length - ENTRY_BYTES).replaceAll('\\', '/')
  const range = { offset, length: packedBytes }
  const isPacked = entry.u8(16) === 1
  const read = (bytesMax: number): Content => {
    if (!isPacked) return plainContent(archive, range, bytesMax)
    const { bytes, problem } = unpackZlib(peek(archive, range), bytesMax)
    return problem === undefined ? { bytes } : { bytes, problem }
  }
  if (kind === 'n') {
    const target = Buffer.from(read(LINK_BYTES_MAX).bytes).toString('utf8').replace(/\0.*$/s, '')
    return { path: name, kind: 'symlink', target }
  }
  // Options have a name and nothing else.
  if (kind === 'o') return { path: `option ${name}`, kind: 'file', size: 0 }
  return { path: name + (ENDINGS[kind] ?? ''), kind: 'file', size, packedBytes, read }
}
