import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml'
import { EVENT_TYPES_BY_NAME } from '../eslogger/event-types.ts'
import type { Action, Params, Step } from './scenario.ts'
import { meant, type Sheet } from './sheet.ts'
import { eventVerb, VERBS, type Verb } from './verbs.ts'
import { splitWords } from './words.ts'

const STEPS_MAX = 5_000
const REPEAT_MAX = 10_000
const STEPS_DEPTH_MAX = 16
const REPEAT_KEYS = ['count', 'as', 'variables', 'steps']

/** Reads the steps of a scenario file; what is wrong goes to its sheet. */
export class StepParser {
  readonly #sheet: Sheet
  #steps = 0

  constructor(sheet: Sheet) {
    this.#sheet = sheet
  }

  /** Reads a list of steps, however deep they are nested. */
  list(node: unknown, depth: number): readonly Step[] {
    if (!isSeq(node)) {
      this.#sheet.problem(this.#sheet.lineOf(node), '`steps` must be a list of steps.')
      return []
    }
    if (depth > STEPS_DEPTH_MAX) {
      this.#sheet.problem(
        this.#sheet.lineOf(node),
        `Steps are nested more than ${STEPS_DEPTH_MAX} deep.`,
      )
      return []
    }
    return node.items.flatMap((item) => this.#step(item, depth) ?? [])
  }

  #step(node: unknown, depth: number): Step | undefined {
    const line = this.#sheet.lineOf(node)
    if (!isMap(node)) {
      this.#sheet.problem(line, 'A step is a mapping such as `run: {parent: zsh, args: id}`.')
      return undefined
    }
    if (++this.#steps > STEPS_MAX) {
      if (this.#steps === STEPS_MAX + 1) this.#sheet.problem(line, `More than ${STEPS_MAX} steps.`)
      return undefined
    }
    const verbs = node.items.filter(({ key }) => !['after', 'chance'].includes(String(key)))
    const [pair] = verbs
    if (verbs.length !== 1 || pair === undefined) {
      this.#sheet.problem(line, 'A step has exactly one verb beside `after` and `chance`.')
      return undefined
    }
    const action = this.#action({ verb: String(pair.key), node: pair.value, line, depth })
    if (action === undefined) return undefined
    const after = node.has('after') ? this.#sheet.span(node.get('after'), line) : undefined
    const chance = node.get('chance')
    if (chance !== undefined && (typeof chance !== 'number' || chance < 0 || chance > 1)) {
      this.#sheet.problem(line, '`chance` is a number between 0 and 1.')
    }
    return {
      line,
      ...(after === undefined ? {} : { after }),
      ...(typeof chance === 'number' ? { chance } : {}),
      action,
    }
  }

  #action(step: StepNode): Action | undefined {
    const { verb, node, line, depth } = step
    if (verb === 'wait') {
      const span = this.#sheet.span(isScalar(node) ? node.value : undefined, line)
      return span && { kind: 'wait', span }
    }
    if (verb === 'steps') return { kind: 'steps', steps: this.list(node, depth + 1) }
    if (!isMap(node)) {
      this.#sheet.problem(line, `\`${verb}\` needs a mapping of parameters.`)
      return undefined
    }
    if (verb === 'repeat') return this.#repeat(node, step)
    if (verb === 'event') return this.#genericEvent(node, line)
    const known = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (known !== undefined) {
      const params = this.#params(node, { verb: known, name: verb })
      // Sound: the keys of VERBS are exactly these kinds.
      return { kind: verb as 'exec', params }
    }
    const ofEvent = eventVerb(verb)
    if (ofEvent !== undefined) {
      return {
        kind: 'event',
        type: verb,
        params: this.#params(node, { verb: ofEvent, name: verb }),
      }
    }
    const names = [
      ...Object.keys(VERBS),
      'wait',
      'steps',
      'repeat',
      'event',
      ...EVENT_TYPES_BY_NAME.keys(),
    ]
    this.#sheet.problem(line, `There is no step \`${verb}\`${meant(verb, names)}.`)
    return undefined
  }

  #repeat(node: YAMLMap, { line, depth }: StepNode): Action {
    this.#sheet.checkKeys(node, REPEAT_KEYS, '`repeat`')
    const value: unknown = node.toJSON()
    // A map's JSON is an object; its values, and the elements of a list, are checked below.
    const { count, as } = value as Readonly<Record<string, unknown>>
    const [min, max] = Array.isArray(count) ? (count as readonly unknown[]) : [count, count]
    const valid =
      typeof min === 'number' &&
      typeof max === 'number' &&
      min >= 0 &&
      min <= max &&
      max <= REPEAT_MAX
    if (!valid)
      this.#sheet.problem(line, `\`count\` is a whole number up to ${REPEAT_MAX} or [min, max].`)
    return {
      kind: 'repeat',
      min: valid ? min : 0,
      max: valid ? max : 0,
      as: typeof as === 'string' ? as : 'turn',
      variables: this.#sheet.variableMap(node.get('variables', true)),
      steps: this.list(node.get('steps', true) ?? node, depth + 1),
    }
  }

  #genericEvent(node: YAMLMap, line: number): Action | undefined {
    this.#sheet.checkKeys(node, ['by', 'reporter', 'type', 'body'], '`event`')
    const type = node.get('type')
    const body = node.get('body', true)
    const verb = typeof type === 'string' ? eventVerb(type) : undefined
    if (typeof type !== 'string' || verb === undefined) {
      const hint = meant(String(type), EVENT_TYPES_BY_NAME.keys())
      this.#sheet.problem(line, `There is no event type \`${String(type)}\`${hint}.`)
      return undefined
    }
    const given = isMap(body)
      ? this.#params(body, { verb: { ...verb, required: [] }, name: type })
      : {}
    const by = node.get('by')
    const reporter = node.get('reporter')
    const params: Params = {
      ...given,
      ...(by === undefined ? {} : { by }),
      ...(reporter === undefined ? {} : { reporter }),
    }
    for (const name of verb.required) {
      if (!(name in params)) this.#sheet.problem(line, `\`${type}\` needs \`${name}\`.`)
    }
    return { kind: 'event', type, params }
  }

  #params(node: YAMLMap, step: { readonly verb: Verb; readonly name: string }): Params {
    const { verb, name } = step
    this.#sheet.checkKeys(node, verb.allowed, `\`${name}\``)
    const line = this.#sheet.lineOf(node)
    for (const key of verb.required) {
      if (!node.has(key)) this.#sheet.problem(line, `\`${name}\` needs \`${key}\`.`)
    }
    // Keys are the scenario's own words, so none may be inherited.
    const params: Record<string, unknown> = Object.create(null) as Record<string, unknown>
    for (const { key, value } of node.items) {
      const field = String(key)
      // The library types a pair's value as unknown; a parsed document has nodes there, or nothing.
      const plain: unknown = (value as Node | null)?.toJSON() ?? null
      this.#sheet.checkTemplates(plain, this.#sheet.lineOf(key))
      if (verb.processes.includes(field)) this.#sheet.checkProcess(plain, this.#sheet.lineOf(key))
      params[field] = this.#converted(field, plain, this.#sheet.lineOf(key))
    }
    return params
  }

  #converted(field: string, value: unknown, line: number): unknown {
    if (field === 'for') return this.#sheet.span(value, line)
    if (field !== 'args' || typeof value !== 'string') return value
    const words = splitWords(value)
    if (words === undefined) this.#sheet.problem(line, 'A quote in `args` is not closed.')
    return words
  }
}

interface StepNode {
  readonly verb: string
  readonly node: unknown
  readonly line: number
  readonly depth: number
}
