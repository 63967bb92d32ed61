import { entropyOf } from '../bytes/entropy.ts'
import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { attempt, type Problem } from '../errors.ts'
import { type ImportedSymbol, readBindings } from './bindings.ts'
import { type BuilderMark, findBuilders } from './builders.ts'
import { readChainedImports } from './chained-fixups.ts'
import { type ExportedSymbol, readExports } from './exports.ts'
import { countFunctions } from './function-starts.ts'
import { openImage, type OpenedImage } from './header.ts'
import { readLoadCommands } from './load-commands.ts'
import type { LoadCommands, MachOHeader, Range, Section, Segment } from './model.ts'
import { findPayloads, type Payload } from './payload.ts'
import { findSignals, type Signal } from './signals.ts'
import { hashOfNames, type SimilarityHashes, symhash } from './similarity-hashes.ts'
import { readSymbols, type Symbols } from './symbols.ts'

/** One image: a thin file, or a slice of a universal one. */
export interface MachOImage extends LoadCommands {
  readonly header: MachOHeader
  /** Bytes of the image in the file. */
  readonly size: number
  /** Where the last byte ends that a load command names; what follows is an overlay. */
  readonly contentEnd: number
  readonly symbols?: Symbols
  readonly imports: readonly ImportedSymbol[]
  readonly exports: readonly ExportedSymbol[]
  /** Entries of LC_FUNCTION_STARTS. */
  readonly functionCount?: number
  readonly hashes: SimilarityHashes
  readonly payloads: readonly Payload[]
  readonly builders: readonly BuilderMark[]
  readonly signals: readonly Signal[]
}

/** Bytes of a part that its entropy is measured on; of a longer one, its beginning. */
const ENTROPY_BYTES = 16_777_216

interface Reading {
  readonly image: OpenedImage
  readonly budget: Budget
  readonly problems: Problem[]
}

function readPart<Value>(reading: Reading, part: string, read: () => Value): Value | undefined {
  const result = attempt(part, read)
  if (result.ok) return result.value
  reading.problems.push(result.problem)
  return undefined
}

function measured(view: ByteView, range: Range): { readonly entropy?: number } {
  if (!view.has(range.offset, range.size)) return {}
  const size = Math.min(range.size, ENTROPY_BYTES)
  const entropy = entropyOf(view.bytes.subarray(range.offset, range.offset + size))
  return entropy === undefined ? {} : { entropy }
}

function withEntropy({ image, budget }: Reading, segments: readonly Segment[]): Segment[] {
  const { view } = image
  const ofSection = (section: Section): Section => {
    budget.spendSteps()
    return section.zeroFill ? section : { ...section, ...measured(view, section) }
  }
  return segments.map((segment) => ({
    ...segment,
    ...measured(view, segment),
    sections: segment.sections.map(ofSection),
  }))
}

/** Where everything ends that the load commands name. */
function contentEnd({ commandsOffset, header }: OpenedImage, said: LoadCommands): number {
  const { symbolTable, dyldInfo, tables } = said
  const ranges: Range[] = [...said.segments, ...Object.values(tables), ...said.notes]
  if (dyldInfo !== undefined) ranges.push(...Object.values(dyldInfo))
  if (symbolTable !== undefined) {
    const { offset, count, stringsOffset, stringsSize } = symbolTable
    ranges.push({ offset, size: count * (header.bits === 64 ? 16 : 12) })
    ranges.push({ offset: stringsOffset, size: stringsSize })
  }
  for (const { sections } of said.segments) {
    for (const { zeroFill, offset, size } of sections) if (!zeroFill) ranges.push({ offset, size })
  }
  const ends = ranges.map(({ offset, size }) => offset + size)
  // Not Math.max(…ends): a list of a million would not fit the stack.
  return ends.reduce((a, b) => Math.max(a, b), commandsOffset + header.commandBytes)
}

function readImports(reading: Reading, said: LoadCommands): readonly ImportedSymbol[] {
  const { image, budget } = reading
  const table = ({ offset, size }: Range): ByteView => image.view.slice(offset, size)
  const { dyldInfo } = said
  const streams =
    dyldInfo === undefined ? [] : [dyldInfo.bind, dyldInfo.lazyBind, dyldInfo.weakBind]
  const bound = streams.flatMap(
    (range) => readPart(reading, 'bind opcodes', () => readBindings(table(range), budget)) ?? [],
  )
  const chained = said.tables['LC_DYLD_CHAINED_FIXUPS']
  if (chained === undefined) return bound
  const fixed = readPart(reading, 'chained fixups', () =>
    readChainedImports(table(chained), budget),
  )
  return [...bound, ...(fixed ?? [])]
}

function readExportTables(reading: Reading, said: LoadCommands): readonly ExportedSymbol[] {
  const { image, budget } = reading
  const ranges = [said.dyldInfo?.exports, said.tables['LC_DYLD_EXPORTS_TRIE']]
  return ranges.flatMap((range) => {
    if (range === undefined || range.size === 0) return []
    const view = () => image.view.slice(range.offset, range.size)
    return readPart(reading, 'export trie', () => readExports(view(), budget)) ?? []
  })
}

function similarity(
  said: LoadCommands,
  named: Pick<MachOImage, 'symbols' | 'imports' | 'exports'>,
): SimilarityHashes {
  const entries = {
    symhash: symhash(named.symbols?.undefinedNames ?? []),
    dylibs: hashOfNames(said.dylibs.map(({ path }) => path)),
    imports: hashOfNames(named.imports.map(({ name }) => name)),
    exports: hashOfNames(named.exports.map(({ name }) => name)),
  }
  const known = Object.entries(entries).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known)
}

function names(reading: Reading, said: LoadCommands) {
  const { image, budget } = reading
  const { symbolTable: table } = said
  const { view, header } = image
  const symbols =
    table === undefined
      ? undefined
      : readPart(reading, 'symbol table', () =>
          readSymbols({ view, bits: header.bits, table }, budget),
        )
  const starts = said.tables['LC_FUNCTION_STARTS']
  const functionCount =
    starts === undefined
      ? undefined
      : readPart(reading, 'function starts', () =>
          countFunctions(view.slice(starts.offset, starts.size), budget),
        )
  return {
    ...(symbols !== undefined && { symbols }),
    imports: readImports(reading, said),
    exports: readExportTables(reading, said),
    ...(functionCount !== undefined && { functionCount }),
  }
}

/**
 * Reads one image. What is damaged is left out and told in `problems`.
 *
 * @param bytes The thin file, or the bytes of a slice.
 * @throws      AnalysisError when the header itself cannot be read, or ERR_ANALYSIS_LIMIT when the
 *              load commands are more than the budget allows.
 */
export function readImage(bytes: Uint8Array, budget: Budget): MachOImage {
  const image = openImage(bytes)
  const said = readLoadCommands(image, budget)
  const reading: Reading = { image, budget, problems: [...said.problems] }
  const end = Math.min(contentEnd(image, said), bytes.length)
  const segments = withEntropy(reading, said.segments)
  const named = names(reading, said)
  const signature = said.tables['LC_CODE_SIGNATURE']
  const payloads = findPayloads({
    bytes,
    contentEnd: end,
    signatureStart: Math.min(signature?.offset ?? bytes.length, bytes.length),
  })
  const builders = findBuilders({
    bytes,
    segments,
    libraries: said.dylibs.map(({ path }) => path),
    payloadKinds: payloads.map(({ kind }) => kind),
  })
  const found = {
    ...said,
    segments,
    header: image.header,
    size: bytes.length,
    contentEnd: end,
    ...named,
    hashes: similarity(said, named),
    payloads,
    builders,
    signals: [],
    problems: reading.problems,
  }
  return { ...found, signals: findSignals(found) }
}
