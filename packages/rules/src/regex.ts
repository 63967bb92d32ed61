import { RE2JS } from 're2js'

const SOURCE_CHARS_MAX = 8_192
const PROGRAM_INSTRUCTIONS_MAX = 5_000

/** A regular expression of a rule, ready to be searched with. */
export interface RuleRegex {
  /** True when the expression is found anywhere in the text. Linear in the text's length. */
  test(text: string): boolean
}

/** A regular expression as a rule writes it. */
export interface RegexSource {
  readonly source: string
  /** Letters `i`, `m`, `s` as in `(?ims)`. */
  readonly flags: string
}

/** A compiled expression, or what is wrong with it. */
export type RegexResult =
  | { readonly ok: true; readonly regex: RuleRegex }
  | { readonly ok: false; readonly message: string }

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/\(\?(?:=|!|<=|<!)/, 'look-around is not available'],
  [/\\[1-9]|\\k</, 'back-references are not available'],
  [/\(\?>|[+*?}]\+/, 'atomic groups and possessive quantifiers are not available'],
]

/**
 * Compiles a regular expression that came with a rule, on an engine of linear time (RE2 syntax).
 * Native `RegExp` is never given text of a rule: its backtracking would let one rule stall the
 * host.
 *
 * @returns The compiled expression, or what is wrong with it.
 * @throws  Never.
 */
export function compileRegex({ source, flags }: RegexSource): RegexResult {
  if (source.length > SOURCE_CHARS_MAX) {
    return { ok: false, message: `The expression is longer than ${SOURCE_CHARS_MAX} characters.` }
  }
  const options =
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0)
  try {
    const regex = RE2JS.compile(source, options)
    if (regex.programSize() > PROGRAM_INSTRUCTIONS_MAX) {
      return { ok: false, message: 'The expression is too large once its repeats are expanded.' }
    }
    return { ok: true, regex }
  } catch (error) {
    // The library throws its syntax errors, and a RangeError where hostile nesting ends the stack.
    const said = error instanceof Error ? error.message : String(error)
    const hint = HINTS.find(([pattern]) => pattern.test(source))?.[1]
    const reason = hint === undefined ? '' : ` (${hint}: expressions run in linear time)`
    return { ok: false, message: `${said}${reason}` }
  }
}
