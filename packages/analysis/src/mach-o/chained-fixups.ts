import { inflateSync } from 'node:zlib'
import type { Budget } from '../bytes/budget.ts'
import { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import type { ImportedSymbol } from './bindings.ts'

// struct dyld_chained_fixups_header: fixups_version, starts_offset, imports_offset,
// symbols_offset, imports_count, imports_format, symbols_format; then, at their offsets, imports:
//   1 DYLD_CHAINED_IMPORT           u32: lib_ordinal 8, weak 1, name_offset 23
//   2 DYLD_CHAINED_IMPORT_ADDEND    the same, then i32
//   3 DYLD_CHAINED_IMPORT_ADDEND64  u64: lib_ordinal 16, weak 1, reserved 15, name_offset 32; u64
const HEADER_SIZE = 28
const IMPORT_SIZES: Readonly<Record<number, number>> = { 1: 4, 2: 8, 3: 16 }
const NAME_LENGTH_MAX = 65_536
const SYMBOLS_ZLIB = 1

function symbolNames(view: ByteView, budget: Budget): ByteView {
  const packed = view.from(view.u32(12))
  if (view.u32(24) !== SYMBOLS_ZLIB) return packed
  try {
    const bytes = inflateSync(packed.bytes, { maxOutputLength: budget.bytesLeft })
    budget.spendBytes(bytes.length)
    return new ByteView(bytes, view.endian)
  } catch (cause) {
    const message = 'The compressed names of the fixups cannot be read.'
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', message, { cause })
  }
}

/** The ordinals from the top on are negative: the program, flat and weak lookup. */
function ordinalOf(ordinal: number, bits: 8 | 16): number {
  const top = 2 ** bits
  return ordinal > top - 16 ? ordinal - top : ordinal
}

/**
 * Reads the imports of LC_DYLD_CHAINED_FIXUPS; the chains through the segments are not followed.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 * @see    Apple, <mach-o/fixup-chains.h>.
 */
export function readChainedImports(view: ByteView, budget: Budget): readonly ImportedSymbol[] {
  view.slice(0, HEADER_SIZE)
  const count = view.u32(16)
  const format = view.u32(20)
  const size = IMPORT_SIZES[format]
  if (size === undefined) {
    const message = `Imports have the unknown format ${format}.`
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
  }
  if (count === 0) return []
  const entries = view.slice(view.u32(8), count * size)
  const names = symbolNames(view, budget)
  budget.spendItems(count)
  return Array.from({ length: count }, (_, index) => {
    const at = index * size
    const low = entries.u32(at)
    const wide = format === 3
    const offset = wide ? entries.u32(at + 4) : low >>> 9
    const name = names.cString(offset, NAME_LENGTH_MAX)
    budget.spendBytes(name.length)
    const ordinal = wide ? ordinalOf(low & 0xffff, 16) : ordinalOf(low & 0xff, 8)
    return { name, ordinal, weak: ((low >>> (wide ? 16 : 8)) & 1) === 1 }
  })
}
