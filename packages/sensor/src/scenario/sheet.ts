import { isMap, isScalar, isSeq, type LineCounter, type Node, type YAMLMap } from 'yaml'
import { POPULATION_NAMES } from '../simulator/population.ts'
import { nearest } from './nearest.ts'
import type { ScenarioProblem, Span, Variable } from './scenario.ts'
import { parseSpan } from './span.ts'

const PROBLEMS_MAX = 100

/** Variables every scenario can use. */
export const VARIABLES_BUILT_IN: readonly string[] = [
  'user',
  'uid',
  'home',
  'host',
  'temporary',
  'cache',
  'turn',
]

/** A scenario file being read: its lines, its names, and what is wrong with it. */
export class Sheet {
  readonly path: string
  readonly problems: ScenarioProblem[] = []
  readonly #lines: LineCounter
  readonly #variables = new Set(VARIABLES_BUILT_IN)
  readonly #processes = new Set(POPULATION_NAMES)

  constructor(options: { readonly path: string; readonly lines: LineCounter }) {
    this.path = options.path
    this.#lines = options.lines
  }

  /** Adds a problem; beyond a hundred they are not kept. */
  problem(line: number, message: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ path: this.path, line, message })
  }

  /** The line a node begins on, from 1. */
  lineOf(node: unknown): number {
    const range = (node as Node | null)?.range
    return range ? this.#lines.linePos(range[0]).line : 1
  }

  /** The text under a key; a problem when there is none. */
  text(map: YAMLMap, key: string): string {
    const value = map.get(key)
    if (typeof value === 'string' && value !== '') return value.trim()
    this.problem(this.lineOf(map.get(key, true) ?? map), `\`${key}\` must be a text.`)
    return ''
  }

  /** The list of texts under a key; empty when absent. */
  texts(map: YAMLMap, key: string): readonly string[] {
    const node = map.get(key, true)
    if (node === undefined) return []
    if (
      isSeq(node) &&
      node.items.every((item) => isScalar(item) && typeof item.value === 'string')
    ) {
      return node.items.map((item) => String(isScalar(item) ? item.value : ''))
    }
    this.problem(this.lineOf(node), `\`${key}\` must be a list of texts.`)
    return []
  }

  /** Reports every key that is not allowed. */
  checkKeys(map: YAMLMap, allowed: readonly string[], what: string): void {
    for (const { key } of map.items) {
      const name = String(key)
      if (allowed.includes(name)) continue
      this.problem(this.lineOf(key), `${what} has no \`${name}\`${meant(name, allowed)}.`)
    }
  }

  /** Reads the definitions of variables. */
  variableMap(node: unknown): ReadonlyMap<string, Variable> {
    const variables = new Map<string, Variable>()
    if (node === undefined) return variables
    if (!isMap(node)) {
      this.problem(this.lineOf(node), '`variables` must be a mapping.')
      return variables
    }
    const pending = new Set(node.items.map(({ key }) => String(key)))
    for (const { key, value } of node.items) {
      for (const name of templateNames(value)) {
        if (!pending.has(name)) continue
        this.problem(
          this.lineOf(key),
          `\`${name}\` must stand above \`${String(key)}\`, which uses it.`,
        )
      }
      pending.delete(String(key))
      const variable = this.#variable(value)
      if (variable === undefined) {
        const forms = 'a text, {pick: [...]}, {number: [min, max]} or {hex: digits}'
        this.problem(this.lineOf(key), `Variable \`${String(key)}\` must be ${forms}.`)
      } else variables.set(String(key), variable)
    }
    return variables
  }

  #variable(node: unknown): Variable | undefined {
    if (isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number')) {
      this.checkTemplates(node.value, this.lineOf(node))
      return { kind: 'text', text: String(node.value) }
    }
    if (!isMap(node) || node.items.length !== 1) return undefined
    const value: unknown = node.toJSON()
    this.checkTemplates(value, this.lineOf(node))
    // A map's JSON is an object, and its values are looked at one by one.
    const { pick, number, hex } = value as Readonly<Record<string, unknown>>
    if (Array.isArray(pick) && pick.length > 0) return { kind: 'pick', from: pick.map(String) }
    if (Array.isArray(number)) {
      // `isArray` gives up what it does not know of the elements; they are checked next.
      const [min, max] = number as readonly unknown[]
      if (typeof min === 'number' && typeof max === 'number') return { kind: 'number', min, max }
    }
    return typeof hex === 'number' && hex > 0 && hex <= 64
      ? { kind: 'hex', digits: hex }
      : undefined
  }

  /** Reports a process name that nothing in the file defines. */
  checkProcess(value: unknown, line: number): void {
    if (value === null) return
    if (typeof value !== 'string') this.problem(line, 'A process is given by its name.')
    else if (!value.includes('${') && !this.#processes.has(value)) {
      this.problem(line, `No process is called \`${value}\`${meant(value, this.#processes)}.`)
    }
  }

  /** Reports every `${name}` that is no variable, at any depth. */
  checkTemplates(value: unknown, line: number): void {
    if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) this.checkTemplates(inner, line)
    }
    if (typeof value !== 'string') return
    for (const [, name = ''] of value.matchAll(/\$\{([^}]*)\}/g)) {
      if (this.#variables.has(name)) continue
      this.problem(line, `No variable is called \`${name}\`${meant(name, this.#variables)}.`)
    }
  }

  /** Reads a length of time. */
  span(value: unknown, line: number): Span | undefined {
    const span = parseSpan(value)
    if (span === undefined) this.problem(line, 'A span is a text such as 200ms, 5s, 2m or 1s-4s.')
    return span
  }

  /** Takes in the names of the whole file: a `repeat` may use what stands below it. */
  collectNames(root: YAMLMap): void {
    const variables = root.get('variables', true)
    if (isMap(variables)) for (const { key } of variables.items) this.#variables.add(String(key))
    const walk = (node: unknown): void => {
      if (isSeq(node)) for (const item of node.items) walk(item)
      if (!isMap(node)) return
      const as = node.get('as')
      if (typeof as === 'string') {
        if (node.has('count')) this.#variables.add(as)
        else this.#processes.add(as)
      }
      for (const { key, value } of node.items) {
        if (String(key) === 'variables' && isMap(value)) {
          for (const { key: name } of value.items) this.#variables.add(String(name))
        }
        walk(value)
      }
    }
    walk(root.get('steps', true))
  }
}

function templateNames(node: unknown): readonly string[] {
  return Array.from(String(node).matchAll(/\$\{([^}]*)\}/g), ([, name = '']) => name)
}

/** `; did you mean …` when one of the candidates is near, else nothing. */
export function meant(name: string, candidates: Iterable<string>): string {
  const best = nearest(name, candidates)
  return best === undefined ? '' : `; did you mean \`${best}\``
}
