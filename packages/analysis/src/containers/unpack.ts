import { Budget, type BudgetSpent } from '../bytes/budget.ts'
import { AnalysisError, type AnalysisErrorCode } from '../errors.ts'
import { type Allowance, allowanceOf, totalMax } from './allowance.ts'
import { type Bundle, BundleFinder } from './bundles.ts'
import type { ContainerFindingCode, Content, Entry, EntryFinding, EntryKind } from './entry.ts'
import type { ContainerFormatName, ReadContext } from './format.ts'
import { recogniseContainer } from './formats.ts'
import {
  CONTAINER_LIMITS,
  type ContainerLimit,
  type ContainerLimits,
  LIMIT_OF_BUDGET,
} from './limits.ts'
import { attributesBeside, describedPath } from './mac-metadata/beside.ts'
import { baseName, judgeLink, judgeMode, judgePath, parentOf } from './paths.ts'
import { type ByteSource, bytesSource } from './source.ts'

/** Something found in a container, at any depth. */
export interface Member {
  /** One path for each container it is in, outermost first. */
  readonly path: readonly string[]
  readonly kind: EntryKind
  /** Unpacked bytes: counted where the content was read, otherwise as stated. */
  readonly size?: number
  readonly mode?: number
  readonly ownerId?: number
  readonly modifiedMs?: number
  readonly target?: string
  /** Its own and those of the `._` file beside it; complete when the walk has ended. */
  readonly attributes?: ReadonlyMap<string, Uint8Array>
  /** Whether its content was read and shown to `visit`. */
  readonly wasRead: boolean
  /** What it is, when it is a container itself. */
  readonly container?: ContainerFacts
}

/** What a container says about itself. */
export interface ContainerFacts {
  readonly format: ContainerFormatName
  readonly facts: Readonly<Record<string, boolean | number | string>>
}

/** Something odd, with its place. */
export interface ContainerFinding extends EntryFinding {
  /** Empty for the outermost container itself. */
  readonly path: readonly string[]
}

/** What came of taking a file apart. */
export interface Unpacked {
  /** The outermost container; undefined when the file is none. */
  readonly container?: ContainerFacts
  /** Containers before what is in them. */
  readonly members: readonly Member[]
  /** Applications, frameworks and plug-ins among the members. */
  readonly bundles: readonly Bundle[]
  readonly findings: readonly ContainerFinding[]
  /** Findings beyond `findingsMax`. */
  readonly findingsDropped: number
  /** The limits that were met; with any, there is more in the file than is listed. */
  readonly limits: readonly ContainerLimit[]
  /** What it cost: unpacked bytes, entries as items, steps, depth. */
  readonly used: BudgetSpent
}

/** How to take a file apart. */
export interface UnpackOptions {
  /** Name of the file; some forms are told by it, and streams name their content after it. */
  readonly name: string
  readonly limits?: Partial<ContainerLimits>
  /** Sees the content of every file, before it is taken apart itself. Bytes may be a view. */
  readonly visit?: (member: Member, bytes: Uint8Array) => void
}

/**
 * Takes a container apart, and the containers in it, as far as the limits allow.
 *
 * @throws Never for what the bytes say: that is in `findings` and `limits`. What `visit` throws
 * goes through.
 */
export function unpack(input: ByteSource | Uint8Array, options: UnpackOptions): Unpacked {
  const source = input instanceof Uint8Array ? bytesSource(input) : input
  return new Walk(options, source.length).run(source)
}

interface Place {
  readonly path: readonly string[]
  readonly name: string
}

/** A member while its facts are still being gathered. */
type MutableMember = { -readonly [key in keyof Member]: Member[key] }

class Walk {
  readonly #options: UnpackOptions
  readonly #limits: ContainerLimits
  readonly #budget: Budget
  readonly #members: MutableMember[] = []
  readonly #bundles: Bundle[] = []
  readonly #findings: ContainerFinding[] = []
  readonly #met = new Set<ContainerLimit>()
  #findingsDropped = 0

  constructor(options: UnpackOptions, fileBytes: number) {
    this.#options = options
    this.#limits = { ...CONTAINER_LIMITS, ...options.limits }
    const { depthMax, entriesMax, stepsMax } = this.#limits
    const bytesMax = totalMax(this.#limits, fileBytes)
    this.#budget = new Budget({ bytesMax, depthMax, itemsMax: entriesMax, stepsMax })
  }

  run(source: ByteSource): Unpacked {
    let container: ContainerFacts | undefined
    try {
      container = this.#open(source, { path: [], name: this.#options.name })
    } catch (error) {
      this.#met.add(limitOf(error))
    }
    return {
      ...(container !== undefined && { container }),
      members: this.#members,
      bundles: this.#bundles,
      findings: this.#findings,
      findingsDropped: this.#findingsDropped,
      limits: [...this.#met],
      used: this.#budget.spent,
    }
  }

  #note(path: readonly string[], finding: EntryFinding): void {
    if (this.#findings.length < this.#limits.findingsMax) {
      this.#findings.push({ ...finding, path })
    } else this.#findingsDropped += 1
  }

  /** @returns What the bytes are, when they are a container; `onFacts` hears it before the end. */
  #open(
    source: ByteSource,
    place: Place,
    onFacts?: (facts: ContainerFacts) => void,
  ): ContainerFacts | undefined {
    const format = recogniseContainer(source, place.name)
    if (format === undefined) return undefined
    const facts: Record<string, boolean | number | string> = {}
    const container = { format: format.name, facts }
    onFacts?.(container)
    if (place.path.length >= this.#limits.depthMax) {
      this.#met.add('depth')
      return container
    }
    const context: ReadContext = {
      name: place.name,
      budget: this.#budget,
      note: (finding) => this.#note(place.path, finding),
      fact: (name, value) => {
        facts[name] = value
      },
    }
    const inside = new Inside()
    try {
      for (const entry of format.entries(source, context)) this.#take(entry, place, inside)
    } catch (error) {
      this.#note(place.path, findingOf(error))
    } finally {
      inside.attachAttributes()
      this.#bundles.push(...inside.finder.bundles(place.path, inside.members))
      for (const { path, finding } of inside.finder.broken(inside.members)) {
        this.#note([...place.path, path], finding)
      }
    }
    return container
  }

  #take(entry: Entry, place: Place, inside: Inside): void {
    this.#budget.spendItems()
    this.#budget.spendSteps()
    const judged = judgePath(entry.path, this.#limits.pathBytesMax)
    const path = [...place.path, judged.path]
    const findings = [
      ...judged.findings,
      ...inside.judge(judged.path, entry),
      ...(entry.target === undefined || entry.kind !== 'symlink'
        ? []
        : judgeLink({ path: judged.path, target: entry.target })),
      ...judgeMode(entry),
      ...(entry.findings ?? []),
    ]
    for (const finding of findings) this.#note(path, finding)
    const member: MutableMember = { path, kind: entry.kind, wasRead: false }
    if (entry.size !== undefined) member.size = entry.size
    if (entry.mode !== undefined) member.mode = entry.mode
    if (entry.ownerId !== undefined) member.ownerId = entry.ownerId
    if (entry.modifiedMs !== undefined) member.modifiedMs = entry.modifiedMs
    if (entry.target !== undefined) member.target = entry.target
    if (entry.attributes !== undefined) member.attributes = entry.attributes
    this.#members.push(member)
    inside.members.set(judged.path, member)
    const inner = { path, name: baseName(judged.path) }
    const onFacts = (facts: ContainerFacts) => {
      member.container = facts
    }
    if (entry.open !== undefined) this.#open(entry.open(), inner, onFacts)
    if (entry.kind !== 'file' || entry.read === undefined) return
    const content = this.#read(entry, entry.read, path)
    if (content === undefined) return
    member.size = content.bytes.length
    member.wasRead = true
    inside.noteBeside(judged.path, content.bytes)
    inside.finder.take(judged.path, content.bytes)
    this.#options.visit?.(member, content.bytes)
    this.#open(bytesSource(content.bytes), inner, onFacts)
  }

  #read(
    entry: Entry,
    read: (bytesMax: number) => Content,
    path: readonly string[],
  ): Content | undefined {
    const allowance = allowanceOf(this.#budget, this.#limits, entry.packedBytes)
    const content = this.#contentOf(read, allowance, path)
    if (content === undefined) return undefined
    if (content.problem === 'limit') this.#met.add(allowance.limit)
    else if (content.problem !== undefined) {
      const detail = `Of the content ${content.bytes.length} bytes could be read.`
      const code = content.problem === 'checksum' ? 'checksum_mismatch' : content.problem
      this.#note(path, { code, detail })
    } else if (entry.size !== undefined && entry.size !== content.bytes.length) {
      const detail = `${entry.size} bytes are stated, ${content.bytes.length} are there.`
      this.#note(path, { code: 'size_mismatch', detail })
    }
    this.#budget.spendBytes(content.bytes.length)
    return content.problem === 'limit' && content.bytes.length === 0 ? undefined : content
  }

  #contentOf(
    read: (bytesMax: number) => Content,
    allowance: Allowance,
    path: readonly string[],
  ): Content | undefined {
    try {
      return read(allowance.bytesMax)
    } catch (error) {
      this.#note(path, findingOf(error))
      return undefined
    }
  }
}

const CODES: Readonly<Partial<Record<AnalysisErrorCode, ContainerFindingCode>>> = {
  ERR_ANALYSIS_ENCRYPTED: 'encrypted',
  ERR_ANALYSIS_MALFORMED: 'damaged',
  ERR_ANALYSIS_TRUNCATED: 'truncated',
  ERR_ANALYSIS_UNSUPPORTED: 'unsupported',
}

/** @throws What is no finding: limits, and our own bugs. */
function findingOf(error: unknown): EntryFinding {
  const code = error instanceof AnalysisError ? CODES[error.code] : undefined
  if (code === undefined || !(error instanceof AnalysisError)) throw error
  return { code, detail: error.message }
}

/** @throws What is no limit. */
function limitOf(error: unknown): ContainerLimit {
  const isLimit = error instanceof AnalysisError && error.code === 'ERR_ANALYSIS_LIMIT'
  const limit = isLimit ? LIMIT_OF_BUDGET[String(error.details['limit'])] : undefined
  if (limit === undefined) throw error
  return limit
}

/** What is known of one container while it is read: its paths and what `._` files say of them. */
class Inside {
  readonly members = new Map<string, MutableMember>()
  readonly finder = new BundleFinder()
  readonly #beside = new Map<string, ReadonlyMap<string, Uint8Array>>()

  /** What is there twice, and what lies behind a link. To be asked before the path is added. */
  judge(path: string, { kind }: Entry): readonly EntryFinding[] {
    const findings: EntryFinding[] = []
    const before = this.members.get(path)?.kind
    if (before !== undefined && !(before === 'folder' && kind === 'folder')) {
      findings.push({ code: 'path_duplicate', detail: `There is a ${before} of this path before.` })
    }
    for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
      if (this.members.get(parent)?.kind !== 'symlink') continue
      findings.push({ code: 'path_through_link', detail: `${parent} is a symbolic link.` })
      break
    }
    return findings
  }

  noteBeside(path: string, bytes: Uint8Array): void {
    const attributes = attributesBeside(path, bytes)
    const about = describedPath(path)
    if (attributes !== undefined && about !== undefined) this.#beside.set(about, attributes)
  }

  attachAttributes(): void {
    for (const [path, attributes] of this.#beside) {
      const member = this.members.get(path)
      if (member === undefined) continue
      member.attributes = new Map([...attributes, ...(member.attributes ?? [])])
    }
  }
}
