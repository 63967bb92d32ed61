import type { Position } from '../errors.ts'
import { assertNever } from '../assert-never.ts'
import type { ProblemReport } from '../report.ts'
import type { Expression } from '../expression.ts'
import { type Condition, parseCondition, selectNames } from './condition.ts'
import { nodeCount } from '../node-count.ts'
import { join } from './detection.ts'
import { entryOf } from './yaml-tree.ts'
import type { YamlMap, YamlNode, YamlScalar } from './yaml-tree.ts'

const NODES_MAX = 200_000
const NOT_SELECTIONS: ReadonlySet<string> = new Set(['condition', 'timeframe'])

/** The search identifiers of a detection: all its keys but `condition` and the old `timeframe`. */
export function selectionsOf(section: YamlMap): YamlMap['entries'] {
  return section.entries.filter(({ key }) => !NOT_SELECTIONS.has(key))
}

/** The text of a condition and the value it is. */
export interface ConditionText {
  readonly text: string
  readonly node: YamlScalar
}

/**
 * Where a character of a condition stands: exact for conditions on one line; inside a block the
 * place is that of the block.
 */
export function conditionPlace({ text, node }: ConditionText, offset: number): Position {
  const { at, quoteChars } = node
  if (text.includes('\n')) return at
  return { line: at.line, column: at.column + quoteChars + offset }
}

/**
 * Puts a rule's compiled selections together as its condition says. A list of conditions is OR.
 * An `undefined` selection is one whose problem was reported.
 */
export class ConditionBuilder {
  readonly #report: ProblemReport
  readonly #section: YamlMap
  readonly #selections: ReadonlyMap<string, Expression | undefined>
  readonly #used = new Set<string>()
  #nodes = 0
  #node: YamlScalar | undefined

  constructor(
    report: ProblemReport,
    section: YamlMap,
    selections: ReadonlyMap<string, Expression | undefined>,
  ) {
    this.#report = report
    this.#section = section
    this.#selections = selections
  }

  /** @returns The whole expression, or `undefined` when a problem was reported. */
  build(): Expression | undefined {
    const conditions = this.#texts()
    const operands = conditions.flatMap((condition) => this.#condition(condition) ?? [])
    this.#reportUnused()
    return operands.length === conditions.length ? join('or', operands) : undefined
  }

  #texts(): readonly ConditionText[] {
    const entry = entryOf(this.#section, 'condition')
    const items = entry?.value.kind === 'list' ? entry.value.items : [entry?.value]
    const texts = items.flatMap((item) => conditionText(item) ?? [])
    if (texts.length === items.length && texts.length > 0) return texts
    const at = entry?.at ?? this.#section.at
    const message = 'condition must be a text or a list of texts.'
    this.#report.add('ERR_RULE_CONDITION', message, { at })
    return []
  }

  #condition({ text, node }: ConditionText): Expression | undefined {
    const parsed = parseCondition(text)
    this.#node = node
    if (!parsed.ok) {
      const { message, offset } = parsed.problem
      this.#report.add('ERR_RULE_CONDITION', message, { at: this.#place(offset) })
      return undefined
    }
    const [shouted] = parsed.upperCase
    if (shouted !== undefined) {
      const message = `Write "${shouted.toLowerCase()}" instead of "${shouted}".`
      this.#report.add('WARN_RULE_CONDITION_CASE', message, { at: node.at })
    }
    return this.#build(parsed.condition)
  }

  #place(offset: number): Position {
    const node = this.#node
    return node === undefined ? this.#section.at : conditionPlace({ text: node.text, node }, offset)
  }

  #build(condition: Condition): Expression | undefined {
    switch (condition.kind) {
      case 'and':
      case 'or': {
        const operands = condition.operands.flatMap((operand) => this.#build(operand) ?? [])
        const isWhole = operands.length === condition.operands.length
        return isWhole ? join(condition.kind, operands) : undefined
      }
      case 'not': {
        const operand = this.#build(condition.operand)
        return operand === undefined ? undefined : { kind: 'not', operand }
      }
      case 'selection':
        return this.#selection(condition.name, condition.offset)
      case 'quantifier':
        return this.#quantifier(condition)
      default:
        return assertNever(condition)
    }
  }

  #selection(name: string, offset: number): Expression | undefined {
    const at = this.#place(offset)
    if (!this.#selections.has(name)) {
      const nearest = this.#report.nearest(name, [...this.#selections.keys()])
      const message = `The condition names "${name}", which the detection does not define.`
      this.#report.add('ERR_RULE_UNKNOWN_SELECTION', message, { at, nearest })
      return undefined
    }
    this.#used.add(name)
    return this.#counted(this.#selections.get(name), at)
  }

  #quantifier({
    selector,
    quantity,
    offset,
  }: Extract<Condition, { kind: 'quantifier' }>): Expression | undefined {
    const at = this.#place(offset)
    const selected = selectNames(selector, [...this.#selections.keys()])
    if (selected.length === 0) {
      const message = `"${selector}" stands for no selection; name one or define it.`
      this.#report.add('ERR_RULE_UNKNOWN_SELECTION', message, { at })
      return undefined
    }
    for (const name of selected) this.#used.add(name)
    const operands = selected.flatMap((name) => {
      return this.#counted(this.#selections.get(name), at) ?? []
    })
    if (operands.length !== selected.length) return undefined
    return join(quantity === 'all' ? 'and' : 'or', operands)
  }

  // A condition may name a large selection many times: the tree it stands for must stay bounded.
  #counted(expression: Expression | undefined, at: Position): Expression | undefined {
    if (expression === undefined) return undefined
    this.#nodes += nodeCount(expression)
    if (this.#nodes <= NODES_MAX) return expression
    const message = `The condition makes more than ${NODES_MAX} tests.`
    this.#report.add('ERR_RULE_TOO_LARGE', message, { at })
    return undefined
  }

  #reportUnused(): void {
    if (this.#report.fatal) return
    for (const { key, at } of selectionsOf(this.#section)) {
      if (this.#used.has(key)) continue
      this.#report.add('WARN_RULE_UNUSED_SELECTION', `The condition never uses "${key}".`, { at })
    }
  }
}

function conditionText(node: YamlNode | undefined): ConditionText | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined
  return { text: node.text, node }
}
