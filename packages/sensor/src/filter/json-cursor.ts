/*
 * Looks values up in the text of one JSON object without parsing it. Every answer is sure: a text
 * that is not as it should be gives none. Of keys that stand twice the first counts, where
 * JSON.parse takes the last; eslogger writes none twice.
 */

const QUOTE = 34
const COMMA = 44
const COLON = 58
const BACKSLASH = 92
const BRACKET_OPEN = 91
const BRACKET_CLOSE = 93
const BRACE_OPEN = 123
const BRACE_CLOSE = 125

/** A member to look up. */
export interface Member {
  /** Where its object begins: the index of `{`. */
  readonly object: number
  readonly key: string
}

/** Index at which the value of a member begins; -1 when there is no such object or member. */
export function memberAt(text: string, { object, key }: Member): number {
  if (object < 0 || text.charCodeAt(object) !== BRACE_OPEN) return -1
  let at = object + 1
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = endOfText(text, at)
    if (keyEnd < 0 || text.charCodeAt(keyEnd) !== COLON) return -1
    const isWanted = keyEnd - at - 2 === key.length && text.startsWith(key, at + 1)
    if (isWanted) return keyEnd + 1
    at = endOfValue(text, keyEnd + 1)
    if (at < 0 || text.charCodeAt(at) !== COMMA) return -1
    at += 1
  }
  return -1
}

/** The text that begins at an index; undefined when none does. */
export function textAt(text: string, at: number): string | undefined {
  if (at < 0 || text.charCodeAt(at) !== QUOTE) return undefined
  const end = endOfText(text, at)
  if (end < 0) return undefined
  const inner = text.slice(at + 1, end - 1)
  if (!inner.includes('\\')) return inner
  try {
    const value: unknown = JSON.parse(text.slice(at, end))
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

// Index after the closing quote.
function endOfText(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return end + 1
  }
  return -1
}

// Index after the value that begins here.
function endOfValue(text: string, at: number): number {
  const first = text.charCodeAt(at)
  if (first === QUOTE) return endOfText(text, at)
  if (first === BRACE_OPEN || first === BRACKET_OPEN) return endOfNested(text, at)
  let end = at
  while (end < text.length && !isEnd(text.charCodeAt(end))) end += 1
  return end > at && end < text.length ? end : -1
}

function endOfNested(text: string, at: number): number {
  let depth = 0
  for (let index = at; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      const end = endOfText(text, index)
      if (end < 0) return -1
      index = end - 1
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) depth += 1
    else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) {
      depth -= 1
      if (depth === 0) return index + 1
    }
  }
  return -1
}

function isEnd(code: number): boolean {
  return code === COMMA || code === BRACE_CLOSE || code === BRACKET_CLOSE
}
