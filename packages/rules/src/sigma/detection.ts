import type { Position } from '../errors.ts'
import { parseNetwork } from '../network.ts'
import { compileRegex } from '../regex.ts'
import type { ProblemReport } from '../report.ts'
import type { Expression } from '../expression.ts'
import type { Affix, Predicate, Test } from '../value-test.ts'
import {
  type Draft,
  type DraftResult,
  ITEM_MODIFIERS,
  MODIFIER_NAMES,
  textDraft,
  VALUE_MODIFIERS,
} from './modifier.ts'
import type { Placeholders } from './placeholder.ts'
import { literalText, openPattern } from './text.ts'
import type { YamlEntry, YamlNode, YamlScalar } from './yaml-tree.ts'

/** What the compilation of a rule's selections needs to know. */
export interface DetectionContext {
  readonly report: ProblemReport
  readonly placeholders: Placeholders
  /** Names by which the event is asked for a field of the rule. */
  readonly resolve: (name: string, at: Position) => readonly string[]
  /** Values of ours that a value of the rule also stands for. */
  readonly aliases: (field: string, value: string) => readonly string[]
}

const TESTS_MAX = 100_000

/**
 * Compiles one search identifier: a map is AND, a list is OR of maps and keywords.
 *
 * @returns The expression, or `undefined` when a problem was reported.
 * @see     Sigma specification 2.1, "Search-Identifier".
 */
export class SelectionCompiler {
  readonly #context: DetectionContext
  #tests = 0

  constructor(context: DetectionContext) {
    this.#context = context
  }

  compile(name: string, node: YamlNode): Expression | undefined {
    if (node.kind === 'map') return this.#map(name, node)
    if (node.kind === 'scalar') {
      return this.#item(name, { key: '', at: node.at, value: node })
    }
    const operands: Expression[] = []
    for (const item of node.items) {
      if (item.kind === 'list') {
        this.#refuse('ERR_RULE_STRUCTURE', `A list in a list has no meaning in "${name}".`, item.at)
      }
      const operand = item.kind === 'list' ? undefined : this.compile(name, item)
      if (operand !== undefined) operands.push(operand)
    }
    if (node.items.length === 0) {
      this.#refuse('ERR_RULE_STRUCTURE', `The selection "${name}" is empty.`, node.at)
    }
    return join('or', operands)
  }

  #refuse(code: Parameters<ProblemReport['add']>[0], message: string, at: Position): undefined {
    this.#context.report.add(code, message, { at })
    return undefined
  }

  #map(name: string, node: YamlNode & { readonly kind: 'map' }): Expression | undefined {
    if (node.entries.length === 0) {
      return this.#refuse('ERR_RULE_STRUCTURE', `The selection "${name}" is empty.`, node.at)
    }
    const operands = node.entries.flatMap((entry) => this.#item(name, entry) ?? [])
    return join('and', operands)
  }

  #item(selection: string, entry: YamlEntry): Expression | undefined {
    const [field = '', ...modifiers] = entry.key.split('|')
    if (!this.#knows(modifiers, entry)) return undefined
    const values = this.#values(entry)
    if (values === undefined) return undefined
    const item = { selection, field, modifiers, at: entry.at }
    const operands = values.flatMap((value) => this.#value(item, value) ?? [])
    if (operands.length !== values.length) return undefined
    const isAll = modifiers.includes('all')
    if (isAll && values.length === 1) {
      const message = `"all" has no effect on the single value of "${entry.key}".`
      this.#context.report.add('WARN_RULE_ALL_SINGLE', message, { at: entry.at })
    }
    const joined = join(isAll ? 'and' : 'or', operands)
    if (joined === undefined || !modifiers.includes('neq')) return joined
    return { kind: 'not', operand: joined }
  }

  #knows(modifiers: readonly string[], { key, at }: YamlEntry): boolean {
    const unknown = modifiers.filter(
      (modifier) => !VALUE_MODIFIERS.has(modifier) && !ITEM_MODIFIERS.has(modifier),
    )
    for (const modifier of unknown) {
      const nearest = this.#context.report.nearest(modifier, MODIFIER_NAMES)
      const message = `"${key}" uses the unknown modifier "${modifier}".`
      this.#context.report.add('ERR_RULE_UNKNOWN_MODIFIER', message, { at, nearest })
    }
    return unknown.length === 0
  }

  #values({ key, at, value }: YamlEntry): readonly YamlScalar[] | undefined {
    const items = value.kind === 'list' ? value.items : [value]
    const scalars = items.filter((item) => item.kind === 'scalar')
    if (scalars.length !== items.length) {
      return this.#refuse('ERR_RULE_VALUE', `"${key}" needs a value or a list of values.`, at)
    }
    if (items.length === 0) {
      return this.#refuse('ERR_RULE_VALUE', `"${key}" has an empty list of values.`, at)
    }
    const hole = value.kind === 'list' && scalars.find((item) => item.value === null)
    if (hole) {
      const message = `null must not be in the list of "${key}"; write a selection of its own.`
      return this.#refuse('ERR_RULE_VALUE', message, hole.at)
    }
    return scalars
  }

  #value(item: Item, value: YamlScalar): Expression | undefined {
    let drafts: readonly Draft[] = [firstDraft(value)]
    for (const name of item.modifiers) {
      const modify = VALUE_MODIFIERS.get(name)
      if (modify === undefined) continue
      const results = drafts.map((draft) => modify(draft, this.#context.placeholders))
      const refused = results.find((result): result is Refused => !result.ok)
      if (refused !== undefined) return this.#refuse(refused.code, refused.message, value.at)
      drafts = results.flatMap((result) => (result.ok ? result.drafts : []))
    }
    const tests = drafts.flatMap((draft) => this.#test(draft, value) ?? [])
    if (tests.length !== drafts.length) return undefined
    const shown = { operator: operatorOf(item.modifiers), value: value.text }
    if (item.field === '') return this.#keywords(item, tests, { ...shown, at: value.at })
    return this.#fieldTests(item, tests, { ...shown, at: value.at })
  }

  #test(draft: Draft, { at }: YamlScalar): Test | undefined {
    if (draft.kind === 'regex') {
      const source = anchored(draft)
      const compiled = compileRegex({ source, flags: draft.flags })
      if (!compiled.ok) return this.#refuse('ERR_RULE_REGEX', compiled.message, at)
      return { kind: 'regex', source, flags: draft.flags }
    }
    if (draft.kind === 'cidr' && parseNetwork(draft.network) === undefined) {
      const message = `"${draft.network}" is no network such as 10.0.0.0/8 or fe80::/10.`
      return this.#refuse('ERR_RULE_VALUE', message, at)
    }
    if (draft.kind === 'field') {
      const [other = draft.name] = this.#context.resolve(draft.name, at)
      return { kind: 'field', other, affix: affixOf(draft), cased: draft.cased }
    }
    return plainTest(draft)
  }

  #keywords(item: Item, tests: readonly Test[], shown: Shown): Expression | undefined {
    const operands: Expression[] = []
    for (const test of tests) {
      const keyword = keywordTest(test, shown.value)
      if (keyword === undefined) {
        const message = `"${item.modifiers.join('|')}" needs a field; this is a keyword search.`
        return this.#refuse('ERR_RULE_MODIFIER', message, shown.at)
      }
      const { operator, value, at } = shown
      const node = { test: keyword, operator: operator === 'equals' ? 'keyword' : operator, value }
      operands.push({ kind: 'keyword', keyword: node, selection: item.selection, at })
    }
    return this.#counted(join('or', operands), operands.length, shown.at)
  }

  #fieldTests(item: Item, tests: readonly Test[], shown: Shown): Expression | undefined {
    const fields = this.#context.resolve(item.field, item.at)
    const operands: Expression[] = []
    for (const test of tests) {
      const asked = fields.flatMap((field) =>
        this.#variants(field, test).map((variant): Expression => {
          const { operator, value, at } = shown
          const predicate: Predicate = {
            field,
            written: item.field,
            test: variant,
            operator,
            value,
          }
          return { kind: 'test', predicate, selection: item.selection, at }
        }),
      )
      // A field with several names is absent only when all of them are.
      const isAbsence = test.kind === 'absent' || (test.kind === 'exists' && !test.value)
      const joined = join(isAbsence ? 'and' : 'or', asked)
      if (joined !== undefined) operands.push(joined)
    }
    return this.#counted(join('or', operands), operands.length * fields.length, shown.at)
  }

  #variants(field: string, test: Test): readonly Test[] {
    const text = test.kind === 'pattern' ? literalText(test.pattern) : undefined
    if (text === undefined || test.kind !== 'pattern') return [test]
    const aliases = this.#context.aliases(field, text)
    return [
      test,
      ...aliases.map((alias): Test => {
        return { kind: 'pattern', pattern: [{ text: alias }], cased: test.cased }
      }),
    ]
  }

  #counted(
    expression: Expression | undefined,
    tests: number,
    at: Position,
  ): Expression | undefined {
    this.#tests += tests
    if (this.#tests <= TESTS_MAX) return expression
    return this.#refuse('ERR_RULE_TOO_LARGE', `The rule makes more than ${TESTS_MAX} tests.`, at)
  }
}

interface Item {
  readonly selection: string
  readonly field: string
  readonly modifiers: readonly string[]
  readonly at: Position
}

interface Shown {
  readonly operator: string
  readonly value: string
  readonly at: Position
}

type Refused = Extract<DraftResult, { ok: false }>

/** Joins operands; one alone stays itself, none is nothing (its problem was reported). */
export function join(kind: 'and' | 'or', operands: readonly Expression[]): Expression | undefined {
  return operands.length <= 1 ? operands[0] : { kind, operands }
}

function firstDraft({ value, text }: YamlScalar): Draft {
  if (value === null) return { kind: 'null' }
  if (typeof value === 'number') return { kind: 'number', value, written: text }
  if (typeof value === 'boolean') return { kind: 'boolean', value, written: text }
  return textDraft(value)
}

function plainTest(draft: Exclude<Draft, { kind: 'regex' | 'field' }>): Test {
  switch (draft.kind) {
    case 'text':
      return { kind: 'pattern', pattern: draft.pattern, cased: draft.cased }
    case 'number':
      return { kind: 'number', value: draft.value, text: draft.written }
    case 'boolean':
      return { kind: 'boolean', value: draft.value }
    case 'null':
      return { kind: 'absent' }
    default:
      return draft
  }
}

function keywordTest(
  test: Test,
  written: string,
): Extract<Test, { kind: 'pattern' | 'regex' }> | undefined {
  const everywhere = { before: true, after: true }
  if (test.kind === 'regex') return test
  if (test.kind === 'pattern') return { ...test, pattern: openPattern(test.pattern, everywhere) }
  if (test.kind !== 'number' && test.kind !== 'boolean') return undefined
  return { kind: 'pattern', pattern: openPattern([{ text: written }], everywhere), cased: false }
}

function operatorOf(modifiers: readonly string[]): string {
  return modifiers.filter((modifier) => modifier !== 'all').join('|') || 'equals'
}

// `re` searches; under `startswith` and `endswith` the expression is held at that end of the value
// instead. `^` and `$` would also be the ends of lines under `m`.
function anchored({ source, before, after }: Extract<Draft, { kind: 'regex' }>): string {
  return before && after ? source : `${before ? '' : '\\A'}(?:${source})${after ? '' : '\\z'}`
}

function affixOf({ before, after }: Extract<Draft, { kind: 'field' }>): Affix {
  if (before && after) return 'inside'
  return before ? 'suffix' : after ? 'prefix' : 'whole'
}
