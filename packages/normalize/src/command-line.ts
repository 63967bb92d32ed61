const BLANK = /\s/

// Only what would blur the boundary between two arguments is quoted: rules search this text, so the
// inside of an argument stays as it was whenever one kind of quote is free.
function quoted(argument: string): string {
  const first = argument.charCodeAt(0)
  const isQuote = first === 34 || first === 39
  if (argument !== '' && !isQuote && !BLANK.test(argument)) return argument
  if (!argument.includes("'")) return `'${argument}'`
  if (!/["\\$`]/.test(argument)) return `"${argument}"`
  return `'${argument.replaceAll("'", String.raw`'\''`)}'`
}

/**
 * Joins arguments with blanks. An argument that is empty, holds a blank or begins with a quote is
 * quoted the way a shell would need it; all others stand as they are.
 */
export function commandLine(args: readonly string[]): string {
  let line = ''
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? ''
    line += index === 0 ? quoted(argument) : ` ${quoted(argument)}`
  }
  return line
}
