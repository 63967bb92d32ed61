import type { Pattern, PatternPart } from '../value-test.ts'

// Sigma string escaping (specification 2.1, "Escaping"; reference order as pySigma reads it):
//   escape   := "\" ("*" | "?" | "\")       the character itself
//   wildcard := "*" | "?"
//   any other "\" stands for itself, also at the end of the text

/** Appends text to the last text part, or begins one. */
function append(parts: PatternPart[], text: string): void {
  const last = parts.at(-1)
  if (last !== undefined && 'text' in last) parts[parts.length - 1] = { text: last.text + text }
  else parts.push({ text })
}

/**
 * Reads a Sigma string into a pattern.
 *
 * `\*`, `\?` and `\\` are the character itself; a backslash before anything else is literal.
 * The empty string is the pattern without parts.
 */
export function parseSigmaText(text: string): Pattern {
  const parts: PatternPart[] = []
  let pending = ''
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index)
    const next = text.charAt(index + 1)
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      pending += next
      index += 1
    } else if (char === '*' || char === '?') {
      if (pending !== '') parts.push({ text: pending })
      pending = ''
      parts.push({ wildcard: char })
    } else {
      pending += char
    }
  }
  if (pending !== '') parts.push({ text: pending })
  return parts
}

/** Writes a pattern as a Sigma string again: escapes what would otherwise be read differently. */
export function writeSigmaText(pattern: Pattern): string {
  return pattern
    .map((part) => ('text' in part ? part.text.replaceAll(/[\\*?]/g, '\\$&') : part.wildcard))
    .join('')
}

/** Joins patterns, keeping neighbouring texts one part. */
export function joinPatterns(patterns: readonly Pattern[]): Pattern {
  const parts: PatternPart[] = []
  for (const part of patterns.flat()) {
    if ('text' in part) append(parts, part.text)
    else parts.push(part)
  }
  return parts
}

/** A pattern that is just this text. */
export function literalPattern(text: string): Pattern {
  return text === '' ? [] : [{ text }]
}

/** The text of a pattern without wildcards, else `undefined`. */
export function literalText(pattern: Pattern): string | undefined {
  if (pattern.some((part) => 'wildcard' in part)) return undefined
  return pattern.map((part) => ('text' in part ? part.text : '')).join('')
}

const ANY: PatternPart = { wildcard: '*' }

/** Opens a pattern at its ends, as `contains`, `startswith` and `endswith` do. */
export function openPattern(
  pattern: Pattern,
  ends: { readonly before: boolean; readonly after: boolean },
): Pattern {
  const isAny = (part: PatternPart | undefined): boolean =>
    part !== undefined && 'wildcard' in part && part.wildcard === '*'
  const opened = ends.before && !isAny(pattern[0]) ? [ANY, ...pattern] : [...pattern]
  if (ends.after && !isAny(opened.at(-1))) opened.push(ANY)
  // `contains ''` is one `*`, which is not followed by another.
  return opened
}
