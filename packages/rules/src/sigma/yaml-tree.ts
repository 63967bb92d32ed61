import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Document, ParsedNode } from 'yaml'
import type { Position, RuleProblemCode } from '../errors.ts'

/** Bounds on one rule file; what exceeds them is refused with `ERR_RULE_TOO_LARGE`. */
export interface YamlLimits {
  readonly textCharsMax: number
  readonly documentsMax: number
  /** Nodes of one document after aliases were followed. */
  readonly nodesMax: number
  readonly depthMax: number
}

/** The default bounds: above the largest public rule (295,078), seconds of parsing at worst. */
export const YAML_LIMITS: YamlLimits = {
  textCharsMax: 524_288,
  documentsMax: 1_000,
  nodesMax: 50_000,
  depthMax: 32,
}

/** A scalar with the text it was written as, which keeps `0x17` and long numbers exact. */
export interface YamlScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly text: string
  /** Characters before the value's first character, such as an opening quote. */
  readonly quoteChars: number
  readonly at: Position
}

/** A sequence. */
export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly at: Position
}

/** A mapping, its keys in the order written. */
export interface YamlMap {
  readonly kind: 'map'
  readonly entries: readonly YamlEntry[]
  readonly at: Position
}

/** One key of a mapping; `at` is the place of the key. */
export interface YamlEntry {
  readonly key: string
  readonly at: Position
  readonly value: YamlNode
}

/** What a rule file is made of once aliases are followed: a plain tree with positions. */
export type YamlNode = YamlScalar | YamlList | YamlMap

/** Why a document cannot be read, and where. */
export interface YamlProblem {
  readonly code: RuleProblemCode
  readonly message: string
  readonly at: Position
}

/** One document of a file; without a root when it is empty or cannot be read. */
export interface YamlDocument {
  readonly root: YamlNode | undefined
  readonly problems: readonly YamlProblem[]
  /** The document's own text. */
  readonly text: string
  readonly at: Position
}

/** Ends a walk early; never leaves this file. */
class WalkStop extends Error {
  readonly problem: YamlProblem

  constructor(problem: YamlProblem) {
    super(problem.message)
    this.problem = problem
  }
}

const START: Position = { line: 1, column: 1 }

/**
 * Reads the YAML documents of a rule file.
 *
 * YAML 1.2 core schema; no custom tags, no merge keys, unique keys. Aliases are followed under a
 * node budget, so that nested aliases cannot multiply without end.
 *
 * @throws Never; every problem is in the result.
 */
export function readYaml(text: string, limits: YamlLimits = YAML_LIMITS): readonly YamlDocument[] {
  if (text.length > limits.textCharsMax) {
    return [broken(`The file is longer than ${limits.textCharsMax} characters.`)]
  }
  const lines = new LineCounter()
  let documents: readonly Document.Parsed[]
  try {
    const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
    documents = Array.isArray(parsed) ? parsed : []
  } catch (error) {
    // The parser recurses: hostile nesting exhausts the stack, which is a limit like any other.
    if (error instanceof RangeError) return [broken('The file is nested too deeply.')]
    throw error
  }
  if (documents.length > limits.documentsMax) {
    return [broken(`The file holds more than ${limits.documentsMax} documents.`)]
  }
  return documents.map((document) => readDocument({ document, text, lines, limits }))
}

function broken(message: string): YamlDocument {
  const problem: YamlProblem = { code: 'ERR_RULE_TOO_LARGE', message, at: START }
  return { root: undefined, problems: [problem], text: '', at: START }
}

interface ReadJob {
  readonly document: Document.Parsed
  readonly text: string
  readonly lines: LineCounter
  readonly limits: YamlLimits
}

function readDocument({ document, text, lines, limits }: ReadJob): YamlDocument {
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const [from, , to] = document.range
  const contentFrom = document.contents?.range?.[0] ?? from
  const faults = [...document.errors, ...document.warnings]
  const problems = faults.slice(0, 20).map((fault): YamlProblem => {
    const at = place(fault.pos[0])
    // The parser recurses, and reports the exhausted stack as one of its own errors.
    if (fault.message.includes('call stack')) {
      return { code: 'ERR_RULE_TOO_LARGE', message: 'The file is nested too deeply.', at }
    }
    return { code: 'ERR_RULE_SYNTAX', message: `${fault.message.replace(/\.$/, '')}.`, at }
  })
  const end = { text: text.slice(from, to), at: place(contentFrom) }
  if (problems.length > 0) return { root: undefined, problems, ...end }
  try {
    const walk = new Walk(place, limits)
    return { root: walk.read(document.contents, 0), problems, ...end }
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error
    return { root: undefined, problems: [error.problem], ...end }
  }
}

class Walk {
  readonly #place: (offset: number) => Position
  readonly #limits: YamlLimits
  /** The node each anchor stands for at this place of the document. */
  readonly #anchors = new Map<string, ParsedNode>()
  #nodes = 0
  #isFollowing = false

  constructor(place: (offset: number) => Position, limits: YamlLimits) {
    this.#place = place
    this.#limits = limits
  }

  read(node: ParsedNode | null, depth: number): YamlNode | undefined {
    if (node === null) return undefined
    const offset = node.range?.[0] ?? 0
    const at = this.#place(offset)
    this.#nodes += 1
    if (this.#nodes > this.#limits.nodesMax) {
      throw stop('ERR_RULE_TOO_LARGE', `More than ${this.#limits.nodesMax} YAML nodes.`, at)
    }
    if (depth > this.#limits.depthMax) {
      throw stop('ERR_RULE_TOO_LARGE', `Nested deeper than ${this.#limits.depthMax} levels.`, at)
    }
    if (isAlias(node)) return this.#follow(node.source, at, depth)
    // An alias means the anchor before it; those met again on the way through one say nothing new.
    if (node.anchor !== undefined && !this.#isFollowing) this.#anchors.set(node.anchor, node)
    if (node.tag !== undefined && node.tag !== '' && !PLAIN_TAGS.has(node.tag)) {
      throw stop('ERR_RULE_SYNTAX', `Tags such as ${node.tag} are not used in rules.`, at)
    }
    if (isMap(node)) {
      const entries = node.items.map((pair) => this.#entry(pair.key, pair.value, depth))
      return { kind: 'map', entries, at }
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item, depth + 1) ?? nothing(at))
      return { kind: 'list', items, at }
    }
    return scalar(node, at)
  }

  #entry(key: ParsedNode | null, value: ParsedNode | null, depth: number): YamlEntry {
    const at = this.#place(key?.range?.[0] ?? 0)
    if (!isScalar(key)) throw stop('ERR_RULE_SYNTAX', 'A key must be a single value.', at)
    const name = typeof key.value === 'string' ? key.value : (key.source ?? '')
    if (name === '<<') throw stop('ERR_RULE_SYNTAX', 'YAML merge keys are not supported.', at)
    return { key: name, at, value: this.read(value, depth + 1) ?? nothing(at) }
  }

  // The library's own look-up goes through the whole document for every alias.
  #follow(anchor: string, at: Position, depth: number): YamlNode | undefined {
    const target = this.#anchors.get(anchor)
    if (target === undefined) throw stop('ERR_RULE_SYNTAX', 'The alias names no anchor.', at)
    const wasFollowing = this.#isFollowing
    this.#isFollowing = true
    const read = this.read(target, depth + 1)
    this.#isFollowing = wasFollowing
    return read
  }
}

const PLAIN_TAGS: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:str',
  'tag:yaml.org,2002:int',
  'tag:yaml.org,2002:float',
  'tag:yaml.org,2002:bool',
  'tag:yaml.org,2002:null',
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
])

function stop(code: RuleProblemCode, message: string, at: Position): WalkStop {
  return new WalkStop({ code, message, at })
}

function nothing(at: Position): YamlScalar {
  return { kind: 'scalar', value: null, text: '', quoteChars: 0, at }
}

function scalar(node: ParsedNode, at: Position): YamlScalar {
  const value: unknown = isScalar(node) ? node.value : null
  const source = isScalar(node) ? node.source : undefined
  const quoted = isScalar(node) && (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE')
  const kept =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null
  const text = source ?? (kept === null ? '' : String(kept))
  return { kind: 'scalar', value: kept, text, quoteChars: quoted ? 1 : 0, at }
}

/** The value of a key, or `undefined` when the map has no such key. */
export function entryOf(map: YamlMap, key: string): YamlEntry | undefined {
  return map.entries.find((entry) => entry.key === key)
}

/** The text of a key whose value is a single value; numbers and booleans as they are written. */
export function textOf(map: YamlMap, key: string): string | undefined {
  const value = entryOf(map, key)?.value
  return value?.kind === 'scalar' && value.value !== null ? value.text : undefined
}

/** The texts of a key whose value is one value or a list of them. */
export function textsOf(map: YamlMap, key: string): readonly string[] {
  const value = entryOf(map, key)?.value
  if (value === undefined) return []
  const items = value.kind === 'list' ? value.items : [value]
  return items.flatMap((item) => (item.kind === 'scalar' && item.value !== null ? [item.text] : []))
}
