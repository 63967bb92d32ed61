import { bytesOf, type Window } from './window.ts'

/** Options looked at in one block; more are not read. */
const OPTIONS_MAX = 256
const OPTION_END = 0

/** One option of a block: where its value lies. */
export interface BlockOption extends Window {
  readonly code: number
}

/**
 * The options of a block, in order.
 *
 *   code u16 | length u16 | value, padded to four bytes | … | 0 | 0
 *
 * @returns Those before the first that does not fit; options never make a block unreadable.
 */
export function optionsOf(window: Window, littleEndian: boolean): readonly BlockOption[] {
  const { view, end } = window
  const options: BlockOption[] = []
  let at = window.at
  while (end - at >= 4 && options.length < OPTIONS_MAX) {
    const code = view.getUint16(at, littleEndian)
    const length = view.getUint16(at + 2, littleEndian)
    at += 4
    if (code === OPTION_END || length > end - at) break
    options.push({ code, view, at, end: at + length })
    at += (length + 3) & ~3
  }
  return options
}

/** The value of the first option with a code, when it has the length asked for. */
export function optionOf(
  options: readonly BlockOption[],
  { code, length }: { readonly code: number; readonly length: number },
): BlockOption | undefined {
  return options.find((option) => option.code === code && option.end - option.at === length)
}

/** The text of the first option with a code; writers may end it with a zero byte. */
export function optionText(options: readonly BlockOption[], code: number): string | undefined {
  const option = options.find((one) => one.code === code)
  if (option === undefined) return undefined
  const bytes = bytesOf(option)
  const zero = bytes.indexOf(0)
  const text = bytes.toString('utf8', 0, zero < 0 ? bytes.length : zero)
  return text === '' ? undefined : text
}
