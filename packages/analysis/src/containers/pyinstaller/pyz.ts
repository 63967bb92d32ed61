import { ByteView } from '../../bytes/view.ts'
import { unpackZlib } from '../../compression/zlib.ts'
import type { Entry } from '../entry.ts'
import type { ContainerFormat } from '../format.ts'
import { type ByteSource, headOf, peek } from '../source.ts'
import { damaged } from '../stop.ts'
import { readMarshal, type MarshalValue } from './marshal.ts'

const MAGIC = 'PYZ\0'
const HEADER_BYTES = 12
const TABLE_BYTES_MAX = 67_108_864
const KIND_PACKAGE = 1

/**
 * The modules of a program, inside of PyInstaller's archive.
 *
 * ```
 * "PYZ", 0, magic of Python's code (4), offset of the table (4, big-endian); modules in zlib;
 * table, marshalled: name → kind, offset, bytes
 * ```
 */
export const PYZ: ContainerFormat = {
  name: 'pyz',
  recognise: (source) => new ByteView(headOf(source, HEADER_BYTES)).startsWith(MAGIC),
  *entries(source, context) {
    const offset = new ByteView(source.read(0, HEADER_BYTES), 'big').u32(8)
    const length = Math.min(source.length - offset, TABLE_BYTES_MAX)
    const table = readMarshal(peek(source, { offset, length }), context.budget)
    const rows = Array.isArray(table) ? table : undefined
    if (rows === undefined) throw damaged('The table of modules is none.')
    for (const row of rows) {
      const entry = entryOf(source, row)
      if (entry !== undefined) yield entry
    }
  },
}

function entryOf(source: ByteSource, row: MarshalValue): Entry | undefined {
  const [name, place] = listOf(row)
  const [kind, offset, length] = listOf(place)
  if (typeof name !== 'string' || typeof offset !== 'number') return undefined
  if (typeof length !== 'number' || offset < 0 || length < 0) return undefined
  const path = name.replaceAll('.', '/') + (kind === KIND_PACKAGE ? '/__init__.pyc' : '.pyc')
  return {
    path,
    kind: 'file',
    packedBytes: length,
    read: (bytesMax) => {
      const { bytes, problem } = unpackZlib(peek(source, { offset, length }), bytesMax)
      return problem === undefined ? { bytes } : { bytes, problem }
    },
  }
}

function listOf(value: MarshalValue | undefined): readonly MarshalValue[] {
  return Array.isArray(value) ? value : []
}
