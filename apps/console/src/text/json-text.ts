/** A piece of a line, for colouring. */
export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'punctuation'
  readonly text: string
}

/** A line of pretty-printed JSON. */
export interface JsonLine {
  readonly depth: number
  readonly tokens: readonly JsonToken[]
}

/** Lines made at most; the rest is counted, not shown. */
const LINES_MAX = 20_000

const TOKEN = /\s+|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/y

type Lexemes = readonly string[]

/** Splits JSON into lexemes without reading the numbers: 2^64 stays 2^64. */
function lexemes(text: string): Lexemes | undefined {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text)
    if (match === null) return undefined
    if (match[0].trim() !== '') found.push(match[0])
  }
  return found
}

function kindOf(lexeme: string, next: string | undefined): JsonToken['kind'] {
  const first = lexeme.charAt(0)
  if (first === '"') return next === ':' ? 'key' : 'string'
  if ('{}[],:'.includes(first)) return 'punctuation'
  return first === 't' || first === 'f' || first === 'n' ? 'word' : 'number'
}

/** Lays lexemes out in lines: one member a line, empty containers closed on the line they open. */
class Layout {
  readonly lines: JsonLine[] = []
  private depth = 0
  private tokens: JsonToken[] = []

  add(found: Lexemes, index: number): void {
    const lexeme = found[index] ?? ''
    const previous = found[index - 1]
    const next = found[index + 1]
    const closing = lexeme === '}' || lexeme === ']'
    const empty = closing && (previous === '{' || previous === '[')
    if (closing && !empty) this.breakLine()
    if (closing) this.depth = Math.max(0, this.depth - (empty ? 0 : 1))
    const text = lexeme === ':' ? ': ' : lexeme
    this.tokens.push({ kind: kindOf(lexeme, next), text })
    const opening = lexeme === '{' || lexeme === '['
    const opensEmpty = opening && (next === '}' || next === ']')
    if (opening && !opensEmpty) {
      this.breakLine()
      this.depth += 1
    }
    if (lexeme === ',') this.breakLine()
  }

  breakLine(): void {
    if (this.tokens.length > 0) this.lines.push({ depth: this.depth, tokens: this.tokens })
    this.tokens = []
  }
}

/**
 * Pretty-prints JSON text without changing a character of any value: numbers beyond 2^53 keep
 * their digits, duplicate keys stay, strings keep their escapes.
 *
 * @returns The lines, or `undefined` when the text is not made of JSON's lexemes.
 * @throws  Never.
 */
export function jsonLines(text: string): readonly JsonLine[] | undefined {
  const found = lexemes(text)
  if (found === undefined || found.length === 0) return undefined
  const layout = new Layout()
  for (let index = 0; index < found.length; index += 1) {
    if (layout.lines.length >= LINES_MAX) break
    layout.add(found, index)
  }
  layout.breakLine()
  return layout.lines
}

/** The text of a line, indented by two blanks a level. */
export function lineText(line: JsonLine): string {
  return '  '.repeat(line.depth) + line.tokens.map((token) => token.text).join('')
}
