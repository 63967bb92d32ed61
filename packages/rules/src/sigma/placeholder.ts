import type { Pattern, PatternPart } from '../value-test.ts'
import { joinPatterns, parseSigmaText } from './text.ts'

/** Values for `%name%`; they are Sigma strings, so wildcards in them work. */
export type Placeholders = Readonly<Record<string, readonly string[]>>

/** The values of an expanded pattern, or why it cannot be expanded. */
export type PlaceholderResult =
  | { readonly ok: true; readonly patterns: readonly Pattern[] }
  | { readonly ok: false; readonly message: string }

const EXPANSIONS_MAX = 10_000
const NAME = /%([A-Za-z0-9_-]+)%/y

type Piece = PatternPart | { readonly placeholder: string }

/** Splits the text of a pattern at its placeholders; `\%` is a percent sign. */
function split(part: PatternPart): readonly Piece[] {
  if (!('text' in part)) return [part]
  const { text } = part
  const pieces: Piece[] = []
  let pending = ''
  for (let index = 0; index < text.length; index += 1) {
    NAME.lastIndex = index
    const placeholder = NAME.exec(text)?.[1]
    if (placeholder !== undefined) {
      pieces.push({ text: pending }, { placeholder })
      pending = ''
      index += placeholder.length + 1
    } else if (text.startsWith('\\%', index)) {
      pending += '%'
      index += 1
    } else {
      pending += text.charAt(index)
    }
  }
  return [...pieces, { text: pending }]
}

/**
 * Replaces the placeholders of a value under the modifier `expand`, which may stand before or after
 * `contains` and its like.
 *
 * @returns One pattern for each combination of values; without a placeholder, the value alone. An
 *          unknown placeholder is refused, as the specification demands: the rule would silently
 *          search for the placeholder's name.
 */
export function expandPlaceholders(
  pattern: Pattern,
  placeholders: Placeholders,
): PlaceholderResult {
  let patterns: readonly Pattern[] = [[]]
  for (const piece of pattern.flatMap(split)) {
    if (!('placeholder' in piece)) {
      const isEmpty = 'text' in piece && piece.text === ''
      if (!isEmpty) patterns = patterns.map((head) => joinPatterns([head, [piece]]))
      continue
    }
    const name = piece.placeholder
    const values = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined
    if (values === undefined || values.length === 0) {
      const message = `The placeholder %${name}% has no values; define it or remove "expand".`
      return { ok: false, message }
    }
    const choices = values.map(parseSigmaText)
    patterns = patterns.flatMap((head) => choices.map((tail) => joinPatterns([head, tail])))
    if (patterns.length > EXPANSIONS_MAX) {
      return { ok: false, message: `The placeholders make more than ${EXPANSIONS_MAX} values.` }
    }
  }
  return { ok: true, patterns }
}
