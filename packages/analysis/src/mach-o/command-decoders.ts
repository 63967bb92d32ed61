import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import type { BuildVersion, DylibKind, LoadCommands, Range } from './model.ts'
import { packedVersion, platformName, sourceVersion, toolName } from './names.ts'
import { readSegment } from './segments.ts'
import { threadAddress } from './thread-state.ts'

type Mutable<Type> = {
  -readonly [Key in keyof Type]: Type[Key] extends readonly (infer Item)[]
    ? Item[]
    : Type[Key] extends Readonly<Record<string, infer Value>>
      ? Record<string, Value>
      : Type[Key]
}

/** What the load commands said so far. */
export type CommandDraft = Omit<
  { -readonly [Key in keyof LoadCommands]: LoadCommands[Key] },
  'commands' | 'problems' | ListKey
> &
  Mutable<Pick<LoadCommands, ListKey>>

type ListKey =
  | 'segments'
  | 'dylibs'
  | 'rpaths'
  | 'environment'
  | 'builds'
  | 'tables'
  | 'linkerOptions'
  | 'subFrameworks'
  | 'notes'
  | 'filesetEntries'

/** One load command on its way into the draft. */
export interface CommandInput {
  /** The bytes of the command, from cmd on. */
  readonly view: ByteView
  readonly bits: 32 | 64
  readonly cpuType: number
  readonly name: string
  readonly draft: CommandDraft
  readonly budget: Budget
}

type Decoder = (input: CommandInput) => void

/** union lc_str: an offset from the beginning of the command; the text ends with the command. */
function text(view: ByteView, at: number): string {
  const offset = view.u32(at)
  if (offset < at + 4 || offset > view.length) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', `Its text would begin at ${offset}.`)
  }
  return view.cString(offset, view.length)
}

function range(view: ByteView, at: number): Range {
  return { offset: view.u32(at), size: view.u32(at + 4) }
}

const dylib =
  (kind: DylibKind): Decoder =>
  ({ view, draft }) => {
    draft.dylibs.push({
      kind,
      path: text(view, 8),
      timestamp: view.u32(12),
      version: packedVersion(view.u32(16)),
      compatibilityVersion: packedVersion(view.u32(20)),
    })
  }

const minimum =
  (platform: string): Decoder =>
  ({ view, draft }) => {
    draft.builds.push({
      from: 'LC_VERSION_MIN',
      platform,
      minimum: packedVersion(view.u32(8)),
      sdk: packedVersion(view.u32(12)),
      tools: [],
    })
  }

const table: Decoder = ({ view, name, draft }) => {
  draft.tables[name] = range(view, 8)
}

const buildVersion: Decoder = ({ view, draft, budget }) => {
  const count = view.u32(20)
  view.slice(24, count * 8)
  budget.spendItems(count)
  const tools: BuildVersion['tools'] = Array.from({ length: count }, (_, index) => ({
    name: toolName(view.u32(24 + index * 8)),
    version: packedVersion(view.u32(28 + index * 8)),
  }))
  draft.builds.push({
    from: 'LC_BUILD_VERSION',
    platform: platformName(view.u32(8)),
    minimum: packedVersion(view.u32(12)),
    sdk: packedVersion(view.u32(16)),
    tools,
  })
}

const linkerOption: Decoder = ({ view, draft, budget }) => {
  const count = view.u32(8)
  let at = 12
  for (let index = 0; index < count; index++) {
    budget.spendItems()
    const option = view.cString(at, view.length)
    draft.linkerOptions.push(option)
    // At least one byte further each time: a cut command ends the walk by its length.
    at += Buffer.byteLength(option) + 1
    if (at > view.length) {
      const message = `${count} options are announced, ${index + 1} were read.`
      throw new AnalysisError('ERR_ANALYSIS_TRUNCATED', message)
    }
  }
}

const uuid: Decoder = ({ view, draft }) => {
  const hex = view.slice(8, 16).bytes
  const digits = [...hex].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16)]
  draft.uuid = [...parts, digits.slice(16, 20), digits.slice(20)].join('-').toUpperCase()
}

const main: Decoder = ({ view, draft }) => {
  draft.entry = { from: 'LC_MAIN', offset: view.size64(8), stackSize: view.size64(16) }
}

const unixThread: Decoder = ({ view, draft, cpuType }) => {
  const address = threadAddress(view, cpuType)
  // Its offset is looked up when all segments are known: they may stand behind it.
  if (address !== undefined) draft.entry = { from: 'LC_UNIXTHREAD', address }
}

const dynamicSymbolTable: Decoder = ({ view, draft }) => {
  draft.dynamicSymbolTable = {
    localIndex: view.u32(8),
    localCount: view.u32(12),
    externalIndex: view.u32(16),
    externalCount: view.u32(20),
    undefinedIndex: view.u32(24),
    undefinedCount: view.u32(28),
    indirectOffset: view.u32(56),
    indirectCount: view.u32(60),
  }
}

const dyldInfo: Decoder = ({ view, draft }) => {
  draft.dyldInfo = {
    rebase: range(view, 8),
    bind: range(view, 16),
    weakBind: range(view, 24),
    lazyBind: range(view, 32),
    exports: range(view, 40),
  }
}

const segment: Decoder = ({ view, draft, budget, name }) => {
  // The command decides how wide its numbers are, whatever the header says.
  draft.segments.push(readSegment({ view, bits: name === 'LC_SEGMENT_64' ? 64 : 32 }, budget))
}

const REQUIRED = 0x80000000

const DECODERS: Readonly<Record<number, Decoder>> = {
  0x1: segment,
  0x2: ({ view, draft }) => {
    draft.symbolTable = {
      offset: view.u32(8),
      count: view.u32(12),
      stringsOffset: view.u32(16),
      stringsSize: view.u32(20),
    }
  },
  0x5: unixThread,
  0xb: dynamicSymbolTable,
  0xc: dylib('load'),
  0xd: dylib('id'),
  0xe: ({ view, draft }) => {
    draft.dylinker = text(view, 8)
  },
  0xf: ({ view, draft }) => {
    draft.dylinker = text(view, 8)
  },
  0x12: ({ view, draft }) => draft.subFrameworks.push(text(view, 8)),
  0x13: ({ view, draft }) => draft.subFrameworks.push(text(view, 8)),
  0x14: ({ view, draft }) => draft.subFrameworks.push(text(view, 8)),
  0x15: ({ view, draft }) => draft.subFrameworks.push(text(view, 8)),
  [0x18 + REQUIRED]: dylib('weak'),
  0x19: segment,
  0x1b: uuid,
  [0x1c + REQUIRED]: ({ view, draft }) => draft.rpaths.push(text(view, 8)),
  0x1d: table,
  0x1e: table,
  [0x1f + REQUIRED]: dylib('reexport'),
  0x20: dylib('lazy'),
  0x21: ({ view, draft }) => {
    draft.encryption = { ...range(view, 8), id: view.u32(16) }
  },
  0x22: dyldInfo,
  [0x22 + REQUIRED]: dyldInfo,
  [0x23 + REQUIRED]: dylib('upward'),
  0x24: minimum('macos'),
  0x25: minimum('ios'),
  0x26: table,
  0x27: ({ view, draft }) => draft.environment.push(text(view, 8)),
  [0x28 + REQUIRED]: main,
  0x29: table,
  0x2a: ({ view, draft }) => {
    draft.sourceVersion = sourceVersion(view.u64(8))
  },
  0x2b: table,
  0x2c: ({ view, draft }) => {
    draft.encryption = { ...range(view, 8), id: view.u32(16) }
  },
  0x2d: linkerOption,
  0x2e: table,
  0x2f: minimum('tvos'),
  0x30: minimum('watchos'),
  0x31: ({ view, draft }) => {
    const [offset, size] = [view.size64(24), view.size64(32)]
    draft.notes.push({ owner: view.cString(8, 16), offset, size })
  },
  0x32: buildVersion,
  [0x33 + REQUIRED]: table,
  [0x34 + REQUIRED]: table,
  [0x35 + REQUIRED]: ({ view, draft }) => {
    const [address, offset] = [view.u64(8), view.size64(16)]
    draft.filesetEntries.push({ id: text(view, 24), address, offset })
  },
  0x36: table,
}

/** How a load command is read; undefined for those that are only listed. */
export function commandDecoder(command: number): Decoder | undefined {
  return DECODERS[command]
}
