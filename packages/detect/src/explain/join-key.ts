import type { JoinKey } from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'

/** Parts of a key by the names the rule writes. */
export type KeyValues = readonly { readonly written: string; readonly value: unknown }[]

/** A key of an event: its parts, and all of them as one text to compare by. */
export interface ExplainedKey {
  readonly text: string
  readonly values: KeyValues
}

/**
 * Reads the key of an event.
 *
 * @returns `undefined` when a part is absent that must not be: such an event joins with nothing.
 */
export function keyOf(keys: readonly JoinKey[], document: object): ExplainedKey | undefined {
  const values: { written: string; value: unknown }[] = []
  for (const { fields, written, optional } of keys) {
    const value = firstOf(fields, document)
    if (value === null && !optional) return undefined
    values.push({ written, value })
  }
  return { text: JSON.stringify(values.map(({ value }) => value)), values }
}

function firstOf(fields: readonly string[], document: object): unknown {
  for (const field of fields) {
    const value = fieldValue(document, fieldPath(field))
    if (value !== undefined && value !== null) return value
  }
  return null
}
