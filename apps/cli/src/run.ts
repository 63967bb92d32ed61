import { nearestName } from '@pomona/rules'
import {
  type Command,
  commandHelp,
  EXIT,
  type ExitCode,
  findCommand,
  overview,
  readInput,
  type Terminal,
} from './command-line.ts'
import { wrongUse } from './errors.ts'

/** Codes that mean: type something else. */
const WRONG_USE_CODES: ReadonlySet<string> = new Set(['ERR_CLI_USAGE', 'ERR_CONFIG_INVALID'])

/**
 * Runs one command line and turns every way it can end into an exit code.
 *
 * @param words What was typed after `pomona`.
 * @returns     0 done, 1 failed, 2 wrong use; what went wrong was said on stderr.
 */
export async function run(
  commands: readonly Command[],
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    const code = await dispatch(commands, words, terminal)
    await terminal.output.flush()
    return code
  } catch (error) {
    return explain(error, terminal)
  }
}

async function dispatch(
  commands: readonly Command[],
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const [first] = words
  if (first === undefined) {
    terminal.say(overview(commands))
    return EXIT.wrongUse
  }
  if (first === 'help' || first === '--help' || first === '-h') {
    terminal.output.line(overview(commands).trimEnd())
    return EXIT.done
  }
  const found = findCommand(commands, first === '--version' ? ['version'] : words)
  if (found === undefined) throw wrongUse(unknownCommand(commands, words))
  const input = await readInput(found.command, found.rest)
  if (input === 'help') {
    terminal.output.line((await commandHelp(found.command)).trimEnd())
    return EXIT.done
  }
  return found.command.run(input, terminal)
}

function unknownCommand(commands: readonly Command[], words: readonly string[]): string {
  const [first = ''] = words
  const names = commands.map(({ name }) => name)
  const family = names.filter((name) => name.startsWith(`${first} `))
  if (family.length > 0) return `pomona ${first} is one of: ${family.join(', ')}.`
  const near = nearestName(first, names)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  return `There is no command "${first}".${hint} There are: ${names.join(', ')}.`
}

/** Errors with a code are told as a sentence; anything else is our bug and shows its stack. */
function explain(error: unknown, { say }: Terminal): ExitCode {
  if (!(error instanceof Error)) throw error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === 'ERR_CLI_OUTPUT_CLOSED') return EXIT.done
  if (code?.startsWith('ERR_') !== true || error instanceof TypeError) {
    say(`pomona: this is a bug, please report it.\n${error.stack ?? error.message}`)
    return EXIT.failed
  }
  say(`pomona: ${error.message} (${code})`)
  return WRONG_USE_CODES.has(code) ? EXIT.wrongUse : EXIT.failed
}
