import type { CorrelationBody, CorrelationInput, JoinKey } from '@pomona/rules'
import { deriveId, fieldPath, fieldValue } from '@pomona/schema'
import { numberOf, textOf } from '../value-test.ts'

const TEXT_CHARS_MAX = 256
const VALUES_MAX = 100

/** What a match brings to a correlation. */
export interface CorrelationSubject {
  /** The group-by key: a JSON list of its parts; the same parts always give the same text. */
  readonly key: string
  readonly values: readonly (string | number)[]
}

/** How a field's name leads to its value in an event. */
export type FieldReader = (field: string) => (document: object) => unknown

/** Reads the fields of our own, nested events. */
export const readNested: FieldReader = (field) => {
  const path = fieldPath(field)
  return (document) => fieldValue(document, path)
}

/** One input of a correlation, and how to find in its matches what is asked for. */
export interface SubjectSource {
  readonly body: CorrelationBody
  readonly input: CorrelationInput
  /** The body of the rule behind the input, where that is a correlation itself. */
  readonly upstream?: CorrelationBody | undefined
}

/**
 * Finds key and values of a match; `undefined` when a part of the key is absent.
 *
 * @param document The event that matched, or that completed the correlation behind the input.
 * @param upstreamKey Key of what that correlation completed.
 */
export type SubjectReader = (
  document: object,
  upstreamKey?: string,
) => CorrelationSubject | undefined

/**
 * Compiles where one input of a correlation carries its key and values.
 *
 * An event that lacks a part of the key belongs to no group. Of a field with several values each is
 * counted; as a part of a key, or of a counted tuple, they are one value together. What is grouped
 * by in the correlation behind an input is taken from that one's key, anything else from the event
 * that completed it.
 */
export function compileSubject(
  { body, input, upstream }: SubjectSource,
  read: FieldReader = readNested,
): SubjectReader {
  const above = upstream?.groupBy ?? []
  const parts = input.groupBy.map((part) => compilePart(part, above, read))
  const values = input.values.map((part) => compilePart(part, above, read))
  const isNumeric = body.type !== 'value_count'
  return (document, upstreamKey) => {
    const keysAbove = upstreamKey === undefined ? NONE : keyParts(upstreamKey)
    const texts: string[] = []
    for (const [index, part] of parts.entries()) {
      const text = partText(part(document, keysAbove))
      if (text === undefined && input.groupBy[index]?.optional !== true) return undefined
      // A text always begins with `+`, so an absent part is like no text.
      texts.push(text === undefined ? '-' : `+${text}`)
    }
    const found = values.map((value) => value(document, keysAbove))
    return { key: JSON.stringify(texts), values: valuesOf(found, isNumeric) }
  }
}

const NONE: readonly (string | undefined)[] = []

/** The parts of a key as texts; `undefined` where an optional one was absent. */
export function keyParts(key: string): readonly (string | undefined)[] {
  const texts: readonly string[] = JSON.parse(key)
  return texts.map((text) => (text.startsWith('+') ? text.slice(1) : undefined))
}

type PartReader = (document: object, keysAbove: readonly (string | undefined)[]) => unknown

// oxlint-disable-next-line max-params -- the part, and the two places where it can be found
function compilePart(
  { fields, written }: JoinKey,
  above: readonly string[],
  read: FieldReader,
): PartReader {
  const index = above.indexOf(written)
  if (index !== -1) return (_document, keysAbove) => keysAbove[index]
  const readers = fields.map(read)
  return (document) => {
    for (const reader of readers) {
      const value = reader(document)
      if (value !== undefined && value !== null) return value
    }
    return undefined
  }
}

/** A value as part of a key. Long texts are hashed: what is kept of a key stays small. */
function partText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const [only, ...rest] = Array.isArray(value) ? value : [value]
  if (only === undefined) return undefined
  const text = (rest.length === 0 ? textOf(only) : undefined) ?? JSON.stringify(value)
  return text.length <= TEXT_CHARS_MAX ? text : `#${deriveId('key', [text])}`
}

function valuesOf(found: readonly unknown[], isNumeric: boolean): readonly (string | number)[] {
  const [first] = found
  if (found.length === 0 || found.includes(undefined)) return []
  const elements: readonly unknown[] = Array.isArray(first) ? first.slice(0, VALUES_MAX) : [first]
  if (isNumeric) return elements.flatMap((element) => numberOf(element) ?? [])
  if (found.length === 1) return elements.flatMap((element) => partText(element) ?? [])
  return [partText(found.map((value) => partText(value) ?? null)) ?? '']
}
