/**
 * Splits a command line into its arguments as a POSIX shell would: blanks separate, quotes and
 * backslashes protect. No expansion: `$`, `*` and `~` stay.
 *
 * @returns The words, or `undefined` when a quote is not closed.
 */
export function splitWords(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index)
    if (quote !== '') {
      if (character === quote) quote = ''
      else if (quote === '"' && character === '\\' && '"\\$`'.includes(line.charAt(index + 1))) {
        word = (word ?? '') + line.charAt(++index)
      } else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (character === '\\') word = (word ?? '') + line.charAt(++index)
    else if (character === ' ' || character === '\n' || character === '\t') {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  return quote === '' ? words : undefined
}
