import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'

/** Classes of a tag. */
export const TAG_CLASS = { universal: 0, application: 1, context: 2, private: 3 } as const

/** Universal tags that are used here. */
export const TAG = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  utf8String: 12,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
} as const

/** One element of BER or DER. */
export interface DerElement {
  readonly tagClass: number
  readonly tag: number
  readonly constructed: boolean
  /** What is inside. */
  readonly content: ByteView
  /** Tag, length and content, as they stand in the bytes. */
  readonly whole: ByteView
}

interface Header {
  readonly tagClass: number
  readonly tag: number
  readonly constructed: boolean
  readonly start: number
  /** Absent for the indefinite form of BER: the content ends at two zero bytes. */
  readonly length?: number
}

function malformed(view: ByteView, at: number, what: string): AnalysisError {
  const message = `At offset ${view.origin + at}: ${what}`
  return new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
}

function readHeader(view: ByteView, offset: number): Header {
  const first = view.u8(offset)
  let at = offset + 1
  let tag = first & 0x1f
  if (tag === 0x1f) {
    tag = 0
    let byte = 0x80
    while (byte >= 0x80) {
      byte = view.u8(at++)
      tag = tag * 128 + (byte & 0x7f)
      if (tag > 0xffffff) throw malformed(view, offset, 'The tag is too large.')
    }
  }
  const known = { tagClass: first >> 6, tag, constructed: (first & 0x20) !== 0 }
  const short = view.u8(at++)
  if (short < 0x80) return { ...known, start: at, length: short }
  if (short === 0x80) {
    if (!known.constructed) throw malformed(view, offset, 'A value has no length.')
    return { ...known, start: at }
  }
  const count = short & 0x7f
  if (count > 4) throw malformed(view, offset, 'The length has more than four bytes.')
  let length = 0
  for (let index = 0; index < count; index++) length = length * 256 + view.u8(at++)
  return { ...known, start: at, length }
}

const isEnd = (view: ByteView, at: number): boolean => view.u8(at) === 0 && view.u8(at + 1) === 0

/** Where the content of an element without a length ends. */
function findEnd(view: ByteView, start: number, budget: Budget): number {
  let at = start
  while (!isEnd(view, at)) at += readElement(view, at, budget).whole.length
  return at
}

/**
 * Reads the element that begins at `offset`.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 * @see    ITU-T X.690, sections 8.1.2 and 8.1.3. Apple writes CMS with indefinite lengths.
 */
export function readElement(view: ByteView, offset: number, budget: Budget): DerElement {
  budget.spendSteps()
  const { start, length, ...known } = readHeader(view, offset)
  if (length !== undefined) {
    const content = view.slice(start, length)
    return { ...known, content, whole: view.slice(offset, start - offset + length) }
  }
  const end = budget.nested(() => findEnd(view, start, budget))
  return {
    ...known,
    content: view.slice(start, end - start),
    whole: view.slice(offset, end + 2 - offset),
  }
}

/** The elements inside of one. */
export function childrenOf({ content }: DerElement, budget: Budget): readonly DerElement[] {
  const found: DerElement[] = []
  for (let at = 0; at < content.length;) {
    budget.spendItems()
    const child = readElement(content, at, budget)
    found.push(child)
    at += child.whole.length
  }
  return found
}

/** Whether an element has a universal tag. */
export function isTag(element: DerElement | undefined, tag: number): element is DerElement {
  return element?.tagClass === TAG_CLASS.universal && element.tag === tag
}

/** Whether an element has a tag that its context gives a meaning. */
export function isContext(element: DerElement | undefined, tag: number): element is DerElement {
  return element?.tagClass === TAG_CLASS.context && element.tag === tag
}

/**
 * The element a format asks for.
 *
 * @throws AnalysisError ERR_ANALYSIS_MALFORMED when it is missing or another one.
 */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  const found = element === undefined ? 'nothing' : `tag ${element.tag}`
  if (isTag(element, tag)) return element
  const message = `Tag ${tag} is expected; there is ${found}.`
  throw new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
}
