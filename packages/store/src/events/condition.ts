import { type EcsEvent, fieldValue } from '@pomona/schema'
import { assertNever } from '../assert-never.ts'
import { StoreError } from '../errors.ts'
import { EVENT_COLUMNS, type EventColumn } from './columns.ts'
import { isExact } from './row.ts'

/** Where in a field's text one of the values has to be. */
export type TextMatch = 'equals' | 'prefix' | 'suffix' | 'contains'

/**
 * What is asked of stored events, by field. An answer may hold more events than the condition is
 * true for, never fewer: text is compared without case and every text beyond ASCII passes, and so
 * does every event with something that no column could hold. Who needs it exact looks again.
 */
export type EventCondition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly EventCondition[] }
  /** The field, or something below it, has a value. */
  | { readonly kind: 'exists'; readonly field: string }
  /** The field, or an element of its list, is or holds any of the texts. */
  | {
      readonly kind: 'text'
      readonly field: string
      readonly match: TextMatch
      readonly values: readonly string[]
    }
  /** The value is this boolean, or its name. */
  | { readonly kind: 'boolean'; readonly field: string; readonly value: boolean }

/** A condition by columns: what a query can be made of. */
export type ColumnCondition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly ColumnCondition[] }
  | { readonly kind: 'exists'; readonly column: EventColumn }
  | {
      readonly kind: 'text'
      readonly column: EventColumn
      readonly match: TextMatch
      /** ASCII in lower case, not empty. None: no ASCII text can be meant. */
      readonly values: readonly string[]
    }
  | { readonly kind: 'boolean'; readonly column: EventColumn; readonly value: boolean }

/** Texts one condition may ask for; a statement has to stay below the engine's own bounds. */
export const CONDITION_VALUES_MAX = 4_000
const DEPTH_MAX = 64
const COLUMNS: ReadonlyMap<string, EventColumn> = new Map(
  EVENT_COLUMNS.map((column) => [column.field.name, column]),
)
// oxlint-disable-next-line no-control-regex -- the whole of ASCII but NUL, which ends SQL text
const ASCII = /^[\u0001-\u007f]*$/
const TRUE = { kind: 'constant', value: true } as const
const FALSE = { kind: 'constant', value: false } as const

/**
 * Finds the columns of a condition's fields.
 *
 * @throws StoreError ERR_QUERY_INVALID when it is nested too deeply or asks for too many texts.
 */
export function planCondition(condition: EventCondition): ColumnCondition {
  const plan = planned(condition, 0)
  const values = valuesOf(plan)
  if (values > CONDITION_VALUES_MAX) {
    throw new StoreError(
      'ERR_QUERY_INVALID',
      `The condition asks for ${values} values, more than ${CONDITION_VALUES_MAX}; ask for less.`,
      { details: { values, values_max: CONDITION_VALUES_MAX } },
    )
  }
  return plan
}

function planned(condition: EventCondition, depth: number): ColumnCondition {
  if (depth > DEPTH_MAX) {
    throw new StoreError('ERR_QUERY_INVALID', `The condition is deeper than ${DEPTH_MAX} levels.`)
  }
  switch (condition.kind) {
    case 'constant':
      return condition
    case 'and':
    case 'or':
      return joined(
        condition.kind,
        condition.operands.map((operand) => planned(operand, depth + 1)),
      )
    case 'exists':
      return existing(condition.field)
    case 'text':
      return textual(condition)
    case 'boolean': {
      const { field, value } = condition
      return textual({ kind: 'text', field, match: 'equals', values: [String(value)] })
    }
    default:
      return assertNever(condition)
  }
}

function existing(field: string): ColumnCondition {
  const column = COLUMNS.get(field)
  // Every row has its required times, the event may not: the column cannot tell.
  if (column !== undefined) return isRequired(column) ? TRUE : { kind: 'exists', column }
  const isGroup = EVENT_COLUMNS.some(({ field: { name } }) => name.startsWith(`${field}.`))
  return isGroup ? TRUE : FALSE
}

/** Joins conditions, leaving out what decides nothing. */
function joined(kind: 'and' | 'or', operands: readonly ColumnCondition[]): ColumnCondition {
  const deciding = kind === 'or'
  const kept: ColumnCondition[] = []
  for (const operand of operands) {
    if (operand.kind !== 'constant') kept.push(operand)
    else if (operand.value === deciding) return operand
  }
  const [only] = kept
  if (only === undefined) return deciding ? FALSE : TRUE
  return kept.length === 1 ? only : { kind, operands: kept }
}

function valuesOf(plan: ColumnCondition): number {
  switch (plan.kind) {
    case 'and':
    case 'or':
      return plan.operands.reduce((sum, operand) => sum + valuesOf(operand), 0)
    case 'text':
      return Math.max(1, plan.values.length)
    default:
      return 1
  }
}

/** The texts a field's values are compared as; of a boolean they are `true` and `false`. */
function textual({
  field,
  match,
  values,
}: Extract<EventCondition, { readonly kind: 'text' }>): ColumnCondition {
  const column = COLUMNS.get(field)
  // What no column holds is kept beside the columns, and such events always pass.
  if (column === undefined) return FALSE
  const plain = values.filter((value) => ASCII.test(value)).map((value) => value.toLowerCase())
  if (column.field.type === 'boolean' && !column.field.array && match === 'equals') {
    const asked = [true, false].filter((value) => plain.includes(String(value)))
    return joined(
      'or',
      asked.map((value) => ({ kind: 'boolean', column, value })),
    )
  }
  if (!isText(column) || values.some((value) => value === '' || value.includes('\0'))) {
    return existing(field)
  }
  return { kind: 'text', column, match, values: plain }
}

function isRequired({ type }: EventColumn): boolean {
  return type.startsWith('DateTime64')
}

function isText({ field: { type } }: EventColumn): boolean {
  return type === 'keyword' || type === 'ip'
}

/**
 * Compiles a condition into a test on events: the events it lets through are those that a store
 * finds with it.
 */
export function conditionTest(condition: EventCondition): (event: EcsEvent) => boolean {
  const holds = compiled(planCondition(condition))
  return (event) => holds(event) || !isExact(event)
}

function compiled(plan: ColumnCondition): (event: EcsEvent) => boolean {
  switch (plan.kind) {
    case 'constant':
      return () => plan.value
    case 'and': {
      const tests = plan.operands.map(compiled)
      return (event) => tests.every((holds) => holds(event))
    }
    case 'or': {
      const tests = plan.operands.map(compiled)
      return (event) => tests.some((holds) => holds(event))
    }
    case 'exists':
      return (event) => elementsOf(event, plan.column).length > 0
    case 'boolean':
      return (event) => elementsOf(event, plan.column).includes(plan.value)
    case 'text': {
      const { column, values, match } = plan
      const fits = TEXT_TESTS[match]
      return (event) =>
        elementsOf(event, column).some((value) => {
          if (typeof value !== 'string') return false
          if (!isAscii(value)) return true
          const text = value.toLowerCase()
          return values.some((wanted) => fits({ text, wanted }))
        })
    }
    default:
      return assertNever(plan)
  }
}

// oxlint-disable-next-line no-control-regex -- the whole of ASCII
const ASCII_ONLY = /^[\u0000-\u007f]*$/

function isAscii(text: string): boolean {
  return ASCII_ONLY.test(text)
}

interface TextPair {
  readonly text: string
  readonly wanted: string
}

const TEXT_TESTS: Readonly<Record<TextMatch, (pair: TextPair) => boolean>> = {
  equals: ({ text, wanted }) => text === wanted,
  prefix: ({ text, wanted }) => text.startsWith(wanted),
  suffix: ({ text, wanted }) => text.endsWith(wanted),
  contains: ({ text, wanted }) => text.includes(wanted),
}

function elementsOf(event: EcsEvent, { path, field }: EventColumn): readonly unknown[] {
  const value = fieldValue(event, path)
  if (value === undefined) return []
  return field.array && Array.isArray(value) ? value : [value]
}
