/** A piece of a YAML line, for colouring only: this reads nothing, it paints. */
export interface YamlToken {
  readonly kind: 'key' | 'string' | 'number' | 'comment' | 'punctuation' | 'text'
  readonly text: string
}

const KEY = /^(\s*(?:- +)*)([\p{L}\p{N}_.|*?-][^:#'"]*?)(:)(?=\s|$)/u
const DASHES = /^\s*(?:- +|-$)+/
const NUMBER = /^\s*-?\d[\d._-]*\s*$/

function value(text: string): YamlToken[] {
  if (text === '') return []
  const comment = /(^|\s)#.*$/.exec(text)
  const quoted = /^\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(text)
  if (quoted !== null) {
    return [{ kind: 'string', text: quoted[0] }, ...value(text.slice(quoted[0].length))]
  }
  if (comment !== null) {
    const before = text.slice(0, comment.index)
    return [...value(before), { kind: 'comment', text: text.slice(comment.index) }]
  }
  return [{ kind: NUMBER.test(text) ? 'number' : 'text', text }]
}

/** Paints one line of YAML; joined, the tokens are the line. */
export function yamlTokens(line: string): YamlToken[] {
  if (/^\s*#/.test(line)) return [{ kind: 'comment', text: line }]
  const key = KEY.exec(line)
  if (key !== null) {
    const [all, lead = '', name = '', colon = ''] = key
    return [
      { kind: 'punctuation' as const, text: lead },
      { kind: 'key' as const, text: name },
      { kind: 'punctuation' as const, text: colon },
      ...value(line.slice(all.length)),
    ].filter((token) => token.text !== '')
  }
  const lead = DASHES.exec(line)?.[0] ?? ''
  const tokens: YamlToken[] = [{ kind: 'punctuation', text: lead }]
  return [...tokens, ...value(line.slice(lead.length))].filter((token) => token.text !== '')
}

/** Numbers (from 1) of the lines that define one of the keys, to point at what fired. */
export function keyLines(source: string, names: ReadonlySet<string>): ReadonlySet<number> {
  const found = new Set<number>()
  source.split('\n').forEach((line, index) => {
    const name = KEY.exec(line)?.[2]?.trim()
    if (name !== undefined && names.has(name)) found.add(index + 1)
  })
  return found
}
