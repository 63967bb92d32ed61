import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import type { SymbolTable } from './model.ts'

// struct nlist[_64]: n_strx (4), n_type (1), n_sect (1), n_desc (2), n_value (4 or 8).
const N_STAB = 0xe0
const N_TYPE = 0x0e
const N_EXT = 0x01
const N_UNDF = 0x00
/** A symbol that nobody names longer is read to here. */
const NAME_LENGTH_MAX = 65_536

/** What the symbol table lists. Debugging entries are counted only. */
export interface Symbols {
  /** External symbols of other images. */
  readonly undefinedNames: readonly string[]
  /** External symbols that this image defines. */
  readonly externalNames: readonly string[]
  readonly localCount: number
  readonly debugCount: number
}

/** The image that a symbol table belongs to. */
export interface SymbolSource {
  readonly view: ByteView
  readonly bits: 32 | 64
  readonly table: SymbolTable
}

/**
 * Reads the symbol table.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED when the tables are not in the file,
 *         ERR_ANALYSIS_LIMIT.
 * @see    Apple, <mach-o/nlist.h>.
 */
export function readSymbols({ view, bits, table }: SymbolSource, budget: Budget): Symbols {
  const size = bits === 64 ? 16 : 12
  const entries = view.slice(table.offset, table.count * size)
  const strings = view.slice(table.stringsOffset, table.stringsSize)
  const undefinedNames: string[] = []
  const externalNames: string[] = []
  let localCount = 0
  let debugCount = 0
  budget.spendSteps(table.count)
  for (let at = 0; at < entries.length; at += size) {
    const type = entries.u8(at + 4)
    if ((type & N_STAB) !== 0) {
      debugCount += 1
    } else if ((type & N_EXT) === 0) {
      localCount += 1
    } else {
      const offset = entries.u32(at)
      if (offset >= strings.length) {
        const message = `The name of symbol ${at / size} lies outside the names.`
        throw new AnalysisError('ERR_ANALYSIS_TRUNCATED', message)
      }
      budget.spendItems()
      const name = strings.cString(offset, NAME_LENGTH_MAX)
      budget.spendBytes(name.length)
      if ((type & N_TYPE) === N_UNDF) undefinedNames.push(name)
      else externalNames.push(name)
    }
  }
  return { undefinedNames, externalNames, localCount, debugCount }
}
