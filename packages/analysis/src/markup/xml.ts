/** A piece of an XML document. */
export type XmlToken =
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'open'; readonly name: string; readonly attributes: string }
  | { readonly kind: 'text'; readonly text: string }

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  quot: '"',
}

/**
 * The tags and texts of a document, in order. No document type is obeyed, so nothing is fetched or
 * expanded; what is not well-formed ends the list or passes as text. An empty tag opens and closes.
 */
export function* xmlTokens(document: string): Iterable<XmlToken> {
  for (let at = 0; at < document.length;) {
    const start = document.indexOf('<', at)
    if (start !== at) {
      const text = document.slice(at, start === -1 ? undefined : start)
      yield { kind: 'text', text: xmlText(text) }
    }
    if (start === -1) return
    const skipped = skippedTo(document, start)
    if (skipped !== undefined) {
      if (skipped.text !== undefined) yield { kind: 'text', text: skipped.text }
      at = skipped.end
      continue
    }
    const end = document.indexOf('>', start)
    if (end === -1) return
    yield* tagTokens(document.slice(start + 1, end))
    at = end + 1
  }
}

const SKIPPED = [
  { begin: '<!--', end: '-->' },
  { begin: '<![CDATA[', end: ']]>' },
  { begin: '<?', end: '?>' },
  { begin: '<!', end: '>' },
] as const

function skippedTo(document: string, start: number) {
  const kind = SKIPPED.find(({ begin }) => document.startsWith(begin, start))
  if (kind === undefined) return undefined
  const found = document.indexOf(kind.end, start + kind.begin.length)
  const stop = found === -1 ? document.length : found
  const text =
    kind.begin === '<![CDATA[' ? document.slice(start + kind.begin.length, stop) : undefined
  return { end: stop + kind.end.length, text }
}

function* tagTokens(tag: string): Iterable<XmlToken> {
  const isClose = tag.startsWith('/')
  const inner = isClose ? tag.slice(1) : tag
  const nameEnd = inner.search(/[\s/]/)
  const name = (nameEnd === -1 ? inner : inner.slice(0, nameEnd)).slice(0, NAME_MAX)
  if (isClose) {
    yield { kind: 'close', name }
    return
  }
  const isEmpty = tag.endsWith('/')
  const attributes = nameEnd === -1 ? '' : inner.slice(nameEnd, isEmpty ? -1 : undefined)
  yield { kind: 'open', name, attributes }
  if (isEmpty) yield { kind: 'close', name }
}

const NAME_MAX = 256

/** An opening tag: the text between its name and its end. */
export interface Attributed {
  readonly attributes: string
}

/** The value of an attribute in the inner part of a tag. */
export function xmlAttribute({ attributes }: Attributed, name: string): string | undefined {
  for (const [, key, double, single] of attributes.matchAll(
    /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
  )) {
    if (key === name) return xmlText(double ?? single ?? '')
  }
  return undefined
}

/** A text with its entities replaced; unknown ones stay. */
export function xmlText(text: string): string {
  return text.replaceAll(/&(#x[\da-f]{1,6}|#\d{1,7}|\w{2,4});/gi, (whole, entity: string) => {
    const name = entity.toLowerCase()
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const point = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole
  })
}
