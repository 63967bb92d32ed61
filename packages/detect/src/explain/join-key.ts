import type { JoinKey } from '@pomona/rules'
import type { EventView } from '../event-view.ts'
import { compileKey } from '../join-key.ts'

/** Parts of a key by the names the rule writes. */
export type KeyValues = readonly { readonly written: string; readonly value: unknown }[]

/** A key of an event: its parts, and all of them as one text to compare by. */
export interface ExplainedKey {
  readonly text: string
  readonly values: KeyValues
}

/** Reads a key of the event the view is turned to; see {@link compileExplainedKey}. */
export type ExplainedKeyReader = () => ExplainedKey | undefined

/**
 * Compiles a key as the engine does: computed parts are computed, and parts that are compared
 * without regard to case are told in lower case. It answers `undefined` when a part is absent that
 * must not be: such an event joins with nothing.
 */
export function compileExplainedKey(keys: readonly JoinKey[], view: EventView): ExplainedKeyReader {
  const read = compileKey(keys, view)
  return () => {
    const parts = read(view)
    if (parts === undefined) return undefined
    const values = keys.map(({ written }, index) => ({ written, value: parts[index] ?? null }))
    return { text: JSON.stringify(parts), values }
  }
}
