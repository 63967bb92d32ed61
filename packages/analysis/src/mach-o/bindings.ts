import type { Budget } from '../bytes/budget.ts'
import { readSleb128, readUleb128 } from '../bytes/leb128.ts'
import type { ByteView } from '../bytes/view.ts'

// Bind opcodes of LC_DYLD_INFO: the upper four bits say what, the lower four are a small operand.
const OPCODE_MASK = 0xf0
const IMMEDIATE_MASK = 0x0f
const SET_DYLIB_ORDINAL_IMM = 0x10
const SET_DYLIB_ORDINAL_ULEB = 0x20
const SET_DYLIB_SPECIAL_IMM = 0x30
const SET_SYMBOL_TRAILING_FLAGS_IMM = 0x40
const SET_ADDEND_SLEB = 0x60
const SET_SEGMENT_AND_OFFSET_ULEB = 0x70
const ADD_ADDR_ULEB = 0x80
const DO_BIND_ADD_ADDR_ULEB = 0xa0
const DO_BIND_ULEB_TIMES_SKIPPING_ULEB = 0xc0
const NAME_LENGTH_MAX = 65_536

/** A symbol an image takes from another one. */
export interface ImportedSymbol {
  readonly name: string
  /** Index of the library from 1; 0 this image, -1 the program, -2 flat lookup, -3 weak lookup. */
  readonly ordinal: number
  readonly weak: boolean
}

const UNSIGNED: ReadonlySet<number> = new Set([
  SET_SEGMENT_AND_OFFSET_ULEB,
  ADD_ADDR_ULEB,
  DO_BIND_ADD_ADDR_ULEB,
])

/**
 * Reads the symbols that a stream of bind opcodes names, in the order of the stream; where they
 * are written to is not kept.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 * @see    Apple, <mach-o/loader.h>, BIND_OPCODE_….
 */
export function readBindings(view: ByteView, budget: Budget): readonly ImportedSymbol[] {
  const found: ImportedSymbol[] = []
  let ordinal = 0
  let at = 0
  while (at < view.length) {
    budget.spendSteps()
    const byte = view.u8(at)
    const opcode = byte & OPCODE_MASK
    const immediate = byte & IMMEDIATE_MASK
    at += 1
    if (opcode === SET_DYLIB_ORDINAL_IMM) {
      ordinal = immediate
    } else if (opcode === SET_DYLIB_SPECIAL_IMM) {
      ordinal = immediate === 0 ? 0 : immediate - 16
    } else if (opcode === SET_DYLIB_ORDINAL_ULEB) {
      const { value, end } = readUleb128(view, at)
      ordinal = Number(value)
      at = end
    } else if (opcode === SET_SYMBOL_TRAILING_FLAGS_IMM) {
      const name = view.cString(at, NAME_LENGTH_MAX)
      budget.spendItems()
      budget.spendBytes(name.length)
      found.push({ name, ordinal, weak: (immediate & 1) !== 0 })
      at = Math.max(view.bytes.indexOf(0, at), at) + 1
    } else if (opcode === SET_ADDEND_SLEB) {
      at = readSleb128(view, at).end
    } else if (UNSIGNED.has(opcode)) {
      at = readUleb128(view, at).end
    } else if (opcode === DO_BIND_ULEB_TIMES_SKIPPING_ULEB) {
      at = readUleb128(view, readUleb128(view, at).end).end
    }
  }
  return found
}
