import type { Pattern } from '@pomona/rules'
import { foldCase } from './fold.ts'

/** Tells whether a text, already folded unless the pattern is cased, is what the pattern says. */
export type TextMatcher = (text: string) => boolean

/** Text between two `*`: characters, with `null` for one of any kind; or plain text. */
export type Segment = string | readonly (string | null)[]

/**
 * Compiles a pattern. The common shapes become one native string operation. Matching never
 * backtracks beyond a segment: time is at most length of text times length of the longest segment.
 *
 * @param cased Without it the pattern is folded; the matcher then expects folded text.
 */
export function compilePattern(pattern: Pattern, cased: boolean): TextMatcher {
  const segments = segmentsOf(pattern, cased)
  const plain = segments.filter((segment) => typeof segment === 'string')
  if (plain.length !== segments.length) return characterMatcher(segments)
  return plainMatcher(plain)
}

/** Cuts a pattern at its `*`; unless it is cased, its text is folded. */
export function segmentsOf(pattern: Pattern, cased: boolean): readonly Segment[] {
  const hasAny = pattern.some((part) => 'wildcard' in part && part.wildcard === '?')
  return hasAny ? characterSegments(pattern, cased) : textSegments(pattern, cased)
}

function textSegments(pattern: Pattern, cased: boolean): readonly string[] {
  const segments: string[] = []
  let current = ''
  for (const part of pattern) {
    if ('text' in part) current += cased ? part.text : foldCase(part.text)
    else {
      segments.push(current)
      current = ''
    }
  }
  segments.push(current)
  return segments
}

function characterSegments(pattern: Pattern, cased: boolean): readonly Segment[] {
  const segments: (string | null)[][] = [[]]
  for (const part of pattern) {
    const current = segments.at(-1) ?? []
    if ('text' in part)
      for (const character of cased ? part.text : foldCase(part.text)) current.push(character)
    else if (part.wildcard === '?') current.push(null)
    else segments.push([])
  }
  return segments.map((segment) => (segment.includes(null) ? segment : segment.join('')))
}

function plainMatcher(segments: readonly string[]): TextMatcher {
  const first = segments[0] ?? ''
  const last = segments.at(-1) ?? ''
  if (segments.length === 1) return (text) => text === first
  const middle = segments.slice(1, -1).filter((segment) => segment !== '')
  if (middle.length === 0 && first === '' && last === '') return () => true
  if (middle.length === 0 && last === '') return (text) => text.startsWith(first)
  if (middle.length === 0 && first === '') return (text) => text.endsWith(last)
  const [needle = ''] = middle
  if (middle.length === 1 && first === '' && last === '') return (text) => text.includes(needle)
  return (text) => {
    const end = text.length - last.length
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
    let from = first.length
    for (const segment of middle) {
      const found = text.indexOf(segment, from)
      if (found === -1) return false
      from = found + segment.length
    }
    return from <= end
  }
}

// `?` is one character, not one UTF-16 unit, so these patterns work on arrays of characters.
function characterMatcher(segments: readonly Segment[]): TextMatcher {
  const pieces = segments.map((segment) =>
    typeof segment === 'string' ? Array.from(segment) : segment,
  )
  const first = pieces[0] ?? []
  const last = pieces.at(-1) ?? []
  return (text) => {
    const characters = Array.from(text)
    if (pieces.length === 1) {
      return characters.length === first.length && fitsAt(characters, first, 0)
    }
    const end = characters.length - last.length
    if (end < first.length) return false
    if (!fitsAt(characters, first, 0) || !fitsAt(characters, last, end)) return false
    let from = first.length
    for (const piece of pieces.slice(1, -1)) {
      while (from + piece.length <= end && !fitsAt(characters, piece, from)) from += 1
      from += piece.length
      if (from > end) return false
    }
    return true
  }
}

function fitsAt(
  characters: readonly string[],
  piece: readonly (string | null)[],
  from: number,
): boolean {
  for (let index = 0; index < piece.length; index += 1) {
    const wanted = piece[index]
    if (wanted !== null && characters[from + index] !== wanted) return false
  }
  return true
}
