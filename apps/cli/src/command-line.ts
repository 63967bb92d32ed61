import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { nearestName } from '@pomona/rules'
import type { Clock, Random } from '@pomona/schema'
import { wrongUse } from './errors.ts'
import type { Output } from './output.ts'

/** How a command ends: it did what was asked, it could not, or it was asked wrongly. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** One `--name` of a command. */
export interface Option {
  readonly type: 'string' | 'boolean'
  /** May be given several times. */
  readonly multiple?: boolean
  /** What stands for the value in the help, such as `FILE`. */
  readonly value?: string
  readonly description: string
}

/** The options of a command by name. */
export type Options = Readonly<Record<string, Option>>

/**
 * What a command gets from the outside: everything it may touch, so that tests can give it their
 * own.
 */
export interface Terminal {
  readonly output: Output
  /** Text for people, on stderr, one line. */
  readonly say: (text: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** One `pomona …` command: a table entry that answers for itself. */
export interface Command {
  /** Words after `pomona`, such as `rules check`. */
  readonly name: string
  readonly summary: string
  /** How the arguments look in the help, such as `FILE…`; empty when it takes none. */
  readonly operands: string
  /** A function where asking for them costs: only the command that runs pays. */
  readonly options: Options | (() => Promise<Options>)
  /** Further paragraphs of the help. */
  readonly notes?: readonly string[]
  readonly run: (input: Input, terminal: Terminal) => Promise<ExitCode>
}

/** The arguments of a command, checked against its table. */
export class Input {
  readonly operands: readonly string[]
  /** The arguments as typed, for a command that hands them on. */
  readonly words: readonly string[]
  readonly #values: ParsedInput['values']

  constructor(parsed: ParsedInput) {
    this.operands = parsed.operands
    this.words = parsed.words
    this.#values = parsed.values
  }

  /** Whether a boolean option was given. */
  flag(name: string): boolean {
    return this.#values[name] === true
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  /** All values of an option that may be given several times; none gives an empty list. */
  texts(name: string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  }

  /** @throws CliError ERR_CLI_USAGE when the option is missing. */
  required(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw wrongUse(`--${name} is missing.`)
    return value
  }

  /** A number inside its bounds. @throws CliError ERR_CLI_USAGE when it is not one. */
  number(name: string, bounds: NumberBounds): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    const whole = bounds.whole !== true || Number.isSafeInteger(value)
    if (text.trim() !== '' && whole && value >= bounds.min && value <= bounds.max) return value
    const kind = bounds.whole === true ? 'a whole number' : 'a number'
    throw wrongUse(`--${name} takes ${kind} from ${bounds.min} to ${bounds.max}, not "${text}".`)
  }
}

interface ParsedInput {
  readonly operands: readonly string[]
  readonly words: readonly string[]
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
}

/** Bounds of a numeric option, both inclusive. */
export interface NumberBounds {
  readonly min: number
  readonly max: number
  readonly whole?: boolean
}

const HELP: Option = { type: 'boolean', description: 'Show this help.' }

/** Finds the command that the first words name: the longest name wins. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ')
    const command = commands.find((one) => one.name === name)
    if (command !== undefined) return { command, rest: words.slice(count) }
  }
  return undefined
}

/**
 * Reads a command's arguments.
 *
 * @returns The input, or `help` when that was asked for.
 * @throws  CliError ERR_CLI_USAGE on an unknown option, a missing value or an argument too many.
 */
export async function readInput(
  command: Command,
  args: readonly string[],
): Promise<Input | 'help'> {
  const options = await optionsOf(command)
  const { values, positionals } = parse(command.name, args, options)
  if (values['help'] === true) return 'help'
  if (command.operands === '' && positionals.length > 0) {
    throw wrongUse(`pomona ${command.name} takes no argument such as "${positionals[0]}".`)
  }
  return new Input({ operands: positionals, words: args, values })
}

async function optionsOf({ options }: Command): Promise<Options> {
  return typeof options === 'function' ? options() : options
}

function parse(command: string, args: readonly string[], options: Options) {
  const config: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } }
  for (const [name, { type, multiple }] of Object.entries(options)) {
    config[name] = { type, multiple: multiple ?? false }
  }
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true })
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const unknown = /Unknown option '--([^']*)'/.exec(message)?.[1]
    if (unknown === undefined) throw wrongUse(message)
    const near = nearestName(unknown, Object.keys(options))
    const hint = near === undefined ? '' : ` Did you mean --${near}?`
    throw wrongUse(`pomona ${command} has no option --${unknown}.${hint}`)
  }
}

/** The help of one command. */
export async function commandHelp(command: Command): Promise<string> {
  const options = { ...(await optionsOf(command)), help: HELP }
  const rows = Object.entries(options).map(([name, { type, value, description, multiple }]) => {
    const left = type === 'string' ? `--${name} ${value ?? 'TEXT'}` : `--${name}`
    return [`${left}${multiple === true ? ' …' : ''}`, description] as const
  })
  const usage = ['pomona', command.name, command.operands, '[options]'].filter(
    (part) => part !== '',
  )
  const notes = (command.notes ?? []).map((note) => `\n${note}\n`).join('')
  return `${command.summary}\n\nUsage: ${usage.join(' ')}\n\n${table(rows)}${notes}`
}

/** The list of all commands. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, operands, summary }) => {
    return [`${name} ${operands}`.trim(), summary] as const
  })
  return `Usage: pomona COMMAND [options]

${table(rows)}
Data goes to stdout, text for people to stderr. Exit codes: 0 done, 1 failed, 2 wrong use.
\`pomona COMMAND --help\` explains one command.
`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}
