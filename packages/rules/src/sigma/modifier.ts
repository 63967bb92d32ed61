import type { Comparison, Pattern, TimePart } from '../value-test.ts'
import { base64, base64Offsets, dashVariants, utf16Binary, utf8Binary } from './encoding.ts'
import { expandPlaceholders, type Placeholders } from './placeholder.ts'
import { literalText, literalPattern, openPattern, parseSigmaText } from './text.ts'

/** A value of a rule on its way through its modifiers. */
export type Draft =
  | {
      readonly kind: 'text'
      readonly pattern: Pattern
      /** The value as written, which `re`, `cidr` and `fieldref` take untouched. */
      readonly written: string
      readonly modified: boolean
      readonly cased: boolean
      /** The text stands for bytes, one character a byte. */
      readonly binary: boolean
    }
  | { readonly kind: 'number'; readonly value: number; readonly written: string }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly written: string }
  | { readonly kind: 'null' }
  | {
      readonly kind: 'regex'
      readonly source: string
      readonly flags: string
      readonly before: boolean
      readonly after: boolean
    }
  | { readonly kind: 'cidr'; readonly network: string }
  | { readonly kind: 'exists'; readonly value: boolean }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly value: number }
  | {
      readonly kind: 'time'
      readonly part: TimePart
      readonly comparison: Comparison
      readonly value: number
    }
  | {
      readonly kind: 'field'
      readonly name: string
      readonly before: boolean
      readonly after: boolean
      readonly cased: boolean
    }

/** What a modifier makes of a value: one or several values, or the reason why it cannot. */
export type DraftResult =
  | { readonly ok: true; readonly drafts: readonly Draft[] }
  | {
      readonly ok: false
      readonly code: 'ERR_RULE_MODIFIER' | 'ERR_RULE_VALUE' | 'ERR_RULE_PLACEHOLDER'
      readonly message: string
    }

/** Changes one value. Modifiers are applied from left to right. */
export type ValueModifier = (draft: Draft, placeholders: Placeholders) => DraftResult

type TextDraft = Extract<Draft, { kind: 'text' }>

function one(draft: Draft): DraftResult {
  return { ok: true, drafts: [draft] }
}

function refused(message: string): DraftResult {
  return { ok: false, code: 'ERR_RULE_MODIFIER', message }
}

/** Numbers and booleans are text to the modifiers that work on text. */
function asText(draft: Draft): TextDraft | undefined {
  if (draft.kind === 'text') return draft
  if (draft.kind !== 'number' && draft.kind !== 'boolean') return undefined
  const pattern = literalPattern(draft.written)
  const written = draft.written
  return { kind: 'text', pattern, written, modified: false, cased: false, binary: false }
}

/** The same value with another text. */
function changed(text: TextDraft, to: { pattern: Pattern; binary: boolean }): TextDraft {
  const { kind, written, cased } = text
  return { kind, written, cased, modified: true, ...to }
}

function opening(name: string, ends: { before: boolean; after: boolean }): ValueModifier {
  return (draft) => {
    if (draft.kind === 'field') {
      return one({
        ...draft,
        before: draft.before || ends.before,
        after: draft.after || ends.after,
      })
    }
    if (draft.kind === 'regex') {
      return one({
        ...draft,
        before: draft.before && ends.before,
        after: draft.after && ends.after,
      })
    }
    const text = asText(draft)
    if (text === undefined) return refused(`"${name}" works on text, not on this value.`)
    return one({ ...text, pattern: openPattern(text.pattern, ends), modified: true })
  }
}

function unmodifiedText(name: string, build: (text: string) => Draft): ValueModifier {
  return (draft) => {
    const text = asText(draft)
    if (text === undefined) return refused(`"${name}" works on text, not on this value.`)
    if (text.modified || text.cased) {
      return refused(`"${name}" takes the value as written; no modifier may stand before it.`)
    }
    return one(build(text.written))
  }
}

function regexFlag(flag: string): ValueModifier {
  return (draft) => {
    if (draft.kind !== 'regex') return refused('This modifier stands only after "re".')
    return one(draft.flags.includes(flag) ? draft : { ...draft, flags: draft.flags + flag })
  }
}

function encoding(name: string, encode: (binaryText: string) => readonly string[]): ValueModifier {
  return (draft) => {
    const text = asText(draft)
    if (text === undefined) return refused(`"${name}" works on text, not on this value.`)
    const plain = literalText(text.pattern)
    if (plain === undefined) {
      return refused(`"${name}" cannot encode wildcards; escape them with a backslash.`)
    }
    const binary = text.binary ? plain : utf8Binary(plain)
    const drafts = encode(binary).map((encoded): Draft => {
      return changed(text, { pattern: literalPattern(encoded), binary: false })
    })
    return { ok: true, drafts }
  }
}

function wide(name: string, encode: (text: string) => string): ValueModifier {
  return (draft) => {
    const text = asText(draft)
    if (text === undefined) return refused(`"${name}" works on text, not on this value.`)
    if (text.binary) return refused(`"${name}" stands after another encoding.`)
    const pattern = text.pattern.map((part) =>
      'text' in part ? { text: encode(part.text) } : part,
    )
    return one(changed(text, { pattern, binary: true }))
  }
}

function comparing(name: string, comparison: Comparison): ValueModifier {
  return (draft) => {
    if (draft.kind === 'number') return one({ kind: 'compare', comparison, value: draft.value })
    if (draft.kind === 'time' && draft.comparison === 'eq') return one({ ...draft, comparison })
    return refused(`"${name}" needs a number.`)
  }
}

function timePart(part: TimePart): ValueModifier {
  return (draft) => {
    if (draft.kind !== 'number' || !Number.isInteger(draft.value)) {
      return refused(`"${part}" needs a whole number.`)
    }
    return one({ kind: 'time', part, comparison: 'eq', value: draft.value })
  }
}

const windash: ValueModifier = (draft) => {
  const text = asText(draft)
  if (text === undefined) return refused('"windash" works on text, not on this value.')
  let patterns: Pattern[] = [[]]
  for (const part of text.pattern) {
    const variants = 'text' in part ? dashVariants(part.text) : undefined
    if ('text' in part && variants === undefined) return refused(TOO_MANY_DASHES)
    const ends = variants?.map((variant): Pattern => [{ text: variant }]) ?? [[part]]
    patterns = patterns.flatMap((pattern) => ends.map((end) => pattern.concat(end)))
    if (patterns.length > VARIANTS_MAX) return refused(TOO_MANY_DASHES)
  }
  const drafts = patterns.map((pattern) => changed(text, { pattern, binary: text.binary }))
  return { ok: true, drafts }
}

const VARIANTS_MAX = 3_125
const TOO_MANY_DASHES = '"windash" would make more than 3,125 variants of this value.'

const cased: ValueModifier = (draft) => {
  if (draft.kind === 'field') return one({ ...draft, cased: true })
  const text = asText(draft)
  if (text === undefined) return refused('"cased" works on text, not on this value.')
  return one({ ...text, cased: true })
}

const exists: ValueModifier = (draft) => {
  if (draft.kind !== 'boolean') return refused('"exists" needs true or false.')
  return one({ kind: 'exists', value: draft.value })
}

const expand: ValueModifier = (draft, placeholders) => {
  if (draft.kind !== 'text') return refused('"expand" works on text, not on this value.')
  const expanded = expandPlaceholders(draft.pattern, placeholders)
  if (!expanded.ok) {
    return { ok: false, code: 'ERR_RULE_PLACEHOLDER', message: expanded.message }
  }
  const drafts = expanded.patterns.map((pattern) =>
    changed(draft, { pattern, binary: draft.binary }),
  )
  return { ok: true, drafts }
}

const regex = unmodifiedText('re', (source) => {
  return { kind: 'regex', source, flags: '', before: true, after: true }
})

const wideLittle = wide('wide', (text) => utf16Binary(text, 'little'))

/** The modifiers that change a value, by name. */
export const VALUE_MODIFIERS: ReadonlyMap<string, ValueModifier> = new Map([
  ['contains', opening('contains', { before: true, after: true })],
  ['startswith', opening('startswith', { before: false, after: true })],
  ['endswith', opening('endswith', { before: true, after: false })],
  ['cased', cased],
  ['re', regex],
  ['i', regexFlag('i')],
  ['ignorecase', regexFlag('i')],
  ['m', regexFlag('m')],
  ['multiline', regexFlag('m')],
  ['s', regexFlag('s')],
  ['dotall', regexFlag('s')],
  ['cidr', unmodifiedText('cidr', (network) => ({ kind: 'cidr', network }))],
  ['base64', encoding('base64', (text) => [base64(text)])],
  ['base64offset', encoding('base64offset', base64Offsets)],
  ['wide', wideLittle],
  ['utf16le', wideLittle],
  ['utf16be', wide('utf16be', (text) => utf16Binary(text, 'big'))],
  ['utf16', wide('utf16', (text) => `\u{ff}\u{fe}${utf16Binary(text, 'little')}`)],
  ['windash', windash],
  ['exists', exists],
  [
    'fieldref',
    unmodifiedText('fieldref', (name) => {
      return { kind: 'field', name, before: false, after: false, cased: false }
    }),
  ],
  ['lt', comparing('lt', 'lt')],
  ['lte', comparing('lte', 'lte')],
  ['gt', comparing('gt', 'gt')],
  ['gte', comparing('gte', 'gte')],
  ['minute', timePart('minute')],
  ['hour', timePart('hour')],
  ['day', timePart('day')],
  ['week', timePart('week')],
  ['month', timePart('month')],
  ['year', timePart('year')],
  ['expand', expand],
])

/** The modifiers that act on the whole item instead of a value. */
export const ITEM_MODIFIERS: ReadonlySet<string> = new Set(['all', 'neq'])

/** All modifier names, for nearest-name hints and the reference page. */
export const MODIFIER_NAMES: readonly string[] = [...VALUE_MODIFIERS.keys(), ...ITEM_MODIFIERS]

/** The draft a text value starts as. */
export function textDraft(written: string): Draft {
  const pattern = parseSigmaText(written)
  return { kind: 'text', pattern, written, modified: false, cased: false, binary: false }
}
