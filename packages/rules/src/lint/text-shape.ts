import type { Pattern } from '../value-test.ts'

/**
 * What a pattern without `?` asks of a text, in the shapes people write: the texts between its
 * wildcards in order, the first at the beginning unless open, the last at the end unless open.
 */
export interface TextShape {
  readonly texts: readonly string[]
  readonly isOpenBefore: boolean
  readonly isOpenAfter: boolean
}

/** The shape of a pattern; `undefined` when it has a `?`. Without `cased` in lower case. */
export function shapeOf(pattern: Pattern, cased: boolean): TextShape | undefined {
  if (pattern.some((part) => 'wildcard' in part && part.wildcard === '?')) return undefined
  const texts = pattern.flatMap((part) => ('text' in part ? [part.text] : []))
  const [first] = pattern
  const last = pattern.at(-1)
  return {
    texts: cased ? texts : texts.map((text) => text.toLowerCase()),
    isOpenBefore: first !== undefined && 'wildcard' in first,
    isOpenAfter: last !== undefined && 'wildcard' in last,
  }
}

/** True when every present text has the shape. */
export function isAnything({ texts, isOpenBefore, isOpenAfter }: TextShape): boolean {
  return texts.length === 0 && isOpenBefore && isOpenAfter
}

/** The only text that has the shape, if there is only one. */
export function onlyText({ texts, isOpenBefore, isOpenAfter }: TextShape): string | undefined {
  return isOpenBefore || isOpenAfter || texts.length > 1 ? undefined : (texts[0] ?? '')
}

/** Whether every text of one shape certainly has the other too. May miss some, errs never. */
export function implies(one: TextShape, other: TextShape): boolean {
  if (isAnything(other)) return true
  const [wanted = ''] = other.texts
  if (other.texts.length !== 1) return false
  const first = one.texts[0] ?? ''
  const last = one.texts.at(-1) ?? ''
  if (other.isOpenBefore && other.isOpenAfter) {
    return one.texts.some((text) => text.includes(wanted))
  }
  if (other.isOpenAfter) return !one.isOpenBefore && first.startsWith(wanted)
  if (other.isOpenBefore) return !one.isOpenAfter && last.endsWith(wanted)
  return onlyText(one) === wanted
}

/** Whether no text can have both shapes. May miss some, errs never. */
export function excludes(one: TextShape, other: TextShape): boolean {
  const exact = onlyText(one) ?? onlyText(other)
  if (exact !== undefined) {
    const rest = onlyText(one) === undefined ? one : other
    return !hasShape(exact, rest)
  }
  const [first = '', firstOther = ''] = [one.texts[0], other.texts[0]]
  const isHeadApart =
    !one.isOpenBefore &&
    !other.isOpenBefore &&
    !first.startsWith(firstOther) &&
    !firstOther.startsWith(first)
  const [last = '', lastOther = ''] = [one.texts.at(-1), other.texts.at(-1)]
  const isTailApart =
    !one.isOpenAfter && !other.isOpenAfter && !last.endsWith(lastOther) && !lastOther.endsWith(last)
  return isHeadApart || isTailApart
}

function hasShape(text: string, shape: TextShape): boolean {
  const only = onlyText(shape)
  if (only !== undefined) return only === text
  const texts = [...shape.texts]
  let from = 0
  let end = text.length
  if (!shape.isOpenBefore) {
    const head = texts.shift() ?? ''
    if (!text.startsWith(head)) return false
    from = head.length
  }
  if (!shape.isOpenAfter) {
    const tail = texts.pop() ?? ''
    if (!text.endsWith(tail)) return false
    end -= tail.length
  }
  for (const part of texts) {
    const found = text.indexOf(part, from)
    if (found === -1) return false
    from = found + part.length
  }
  return from <= end
}
