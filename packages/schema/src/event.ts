import { FIELD_BY_NAME, type Field, type FieldType } from './fields.ts'
import type { EcsEventDraft } from './generated/event.ts'
import { isIp } from './ip.ts'
import { padTime } from './time.ts'

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T

/**
 * A normalised event: a nested ECS document. Read-only; the raw record it came from is
 * event.original.
 */
export type EcsEvent = Frozen<EcsEventDraft>

/** Splits a field's name into the keys of the nested document; do this once, not once an event. */
export function fieldPath(name: string): readonly string[] {
  return name.split('.')
}

/**
 * Reads a value from a nested document. Only own properties count, so that `__proto__` is not a
 * field.
 *
 * @returns The value, or `undefined` when any part of the path is absent.
 */
export function fieldValue(document: unknown, path: readonly string[]): unknown {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key] // An own property, checked above.
  }
  return value
}

/** Why a value does not fit the field table. */
export interface EventProblem {
  readonly field: string
  readonly reason: 'unknown_field' | 'wrong_type' | 'value_not_allowed'
}

const FITS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  keyword: (value) => typeof value === 'string',
  long: (value) => Number.isSafeInteger(value),
  double: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  date: (value) => typeof value === 'string' && padTime(value) === value,
  ip: (value) => typeof value === 'string' && isIp(value),
}

function fits(field: Field, value: unknown): boolean {
  if (!field.array) return FITS[field.type](value)
  return Array.isArray(value) && value.every(FITS[field.type])
}

function isAllowed(field: Field, value: unknown): boolean {
  const { values } = field
  if (values === undefined) return true
  const given: readonly unknown[] = field.array && Array.isArray(value) ? value : [value]
  return given.every((one) => typeof one === 'string' && values.includes(one))
}

/**
 * Checks a document against the field table.
 *
 * @param problemsMax Stops after so many problems.
 * @returns The problems, none when the document fits. Never throws; nesting is bounded by
 *          the table's own.
 */
export function problemsOf(document: unknown, problemsMax = 20): EventProblem[] {
  const problems: EventProblem[] = []
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return [{ field: '', reason: 'wrong_type' }]
  }
  collect(document, '', problems, problemsMax)
  return problems
}

const PREFIXES: ReadonlySet<string> = new Set(
  [...FIELD_BY_NAME.keys()].flatMap((name) => {
    const parts = name.split('.')
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

// oxlint-disable-next-line max-params -- one private recursion; an object a level obscures it
function collect(
  node: object,
  prefix: string,
  problems: EventProblem[],
  problemsMax: number,
): void {
  for (const [key, value] of Object.entries(node)) {
    if (problems.length >= problemsMax) return
    const name = prefix === '' ? key : `${prefix}.${key}`
    const field = FIELD_BY_NAME.get(name)
    if (field !== undefined) {
      if (!fits(field, value)) problems.push({ field: name, reason: 'wrong_type' })
      else if (!isAllowed(field, value)) {
        problems.push({ field: name, reason: 'value_not_allowed' })
      }
    } else if (
      PREFIXES.has(name) &&
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value)
    ) {
      collect(value, name, problems, problemsMax)
    } else {
      problems.push({ field: name, reason: PREFIXES.has(name) ? 'wrong_type' : 'unknown_field' })
    }
  }
}
