/** A quoted text in a script. */
export interface Literal {
  readonly at: number
  readonly text: string
}

const LITERALS_MAX = 5_000
const LENGTH_MIN = 4
const QUOTES = new Set(['"', "'", '`'])

/**
 * The quoted texts of a script, escapes left as they are. Quotes do not reach over lines, except
 * those of JavaScript's templates.
 */
export function literalsOf(text: string): readonly Literal[] {
  const found: Literal[] = []
  // Where a quote of a kind is known not to end; asking again would cost the line each time.
  const openUntil = new Map<string, number>()
  for (let at = 0; at < text.length && found.length < LITERALS_MAX; at++) {
    const quote = text[at] ?? ''
    if (!QUOTES.has(quote) || at < (openUntil.get(quote) ?? 0)) continue
    const { end, isClosed } = endOf(text, at, quote)
    if (!isClosed) {
      openUntil.set(quote, end)
      continue
    }
    if (end - at > LENGTH_MIN) found.push({ at, text: text.slice(at + 1, end) })
    at = end
  }
  return found
}

function endOf(text: string, start: number, quote: string): { end: number; isClosed: boolean } {
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at]
    if (letter === quote) return { end: at, isClosed: true }
    if (letter === '\n' && quote !== '`') return { end: at, isClosed: false }
    if (letter === '\\') at += 1
  }
  return { end: text.length, isClosed: false }
}
