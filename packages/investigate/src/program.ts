import type { EcsEvent } from '@pomona/schema'
import type { Program } from './node.ts'

const COMMAND_LINE_CHARACTERS_MAX = 240
const ARGUMENTS_READ_MAX = 16
const PATHS_MAX = 4

// What reads commands or code from a file it is given. Versions follow the name, as in python3.13.
const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'zsh',
  'dash',
  'ksh',
  'csh',
  'tcsh',
  'fish',
  'nu',
  'pwsh',
])
const INTERPRETER = /^(?:python|perl|ruby|node|deno|bun|php|osascript|tclsh|lua)[\d.]*$/i

/** True for a program that people type commands into, or that runs files of them. */
export function isShell(name: string | undefined): boolean {
  return name !== undefined && SHELLS.has(name.startsWith('-') ? name.slice(1) : name)
}

/** True for a program whose own name says nothing about what it does. */
export function isInterpreter(name: string | undefined): boolean {
  return isShell(name) || (name !== undefined && INTERPRETER.test(name))
}

type ProcessPart = NonNullable<EcsEvent['process']>

/** What events and alerts say about a process that does not act in them. */
export interface OtherProcess {
  readonly entity_id?: string | undefined
  readonly pid?: number | undefined
  readonly pidversion?: number | undefined
  readonly platform_binary?: boolean | undefined
  readonly name?: string | undefined
  readonly executable?: string | undefined
  readonly args?: readonly string[] | undefined
  readonly command_line?: string | undefined
  readonly code_signature?: { readonly trusted?: boolean | undefined } | undefined
  readonly user?:
    | { readonly id?: string | undefined; readonly name?: string | undefined }
    | undefined
}

/** The image that acts in an event. */
export function programOf(event: EcsEvent): Program {
  const process = event.process ?? {}
  const { name, executable, command_line: commandLine } = process
  const args = Array.isArray(process.args) ? process.args : undefined
  const operands = operandsOf(args)
  return {
    pidversion: event.macos?.process?.pidversion,
    name,
    executable,
    commandLine: commandLine?.slice(0, COMMAND_LINE_CHARACTERS_MAX),
    paths: operands.paths,
    script: event.macos?.process?.script ?? scriptOf(name, operands),
    groupId: process.group_leader?.pid,
    platform: event.macos?.process?.platform_binary === true,
    trusted: process.code_signature?.trusted === true,
    interactiveShell: isTypedInto(process, args, operands),
  }
}

/** A parent, a responsible process or a target: an event says less about them. */
export function programOfOther(part: OtherProcess): Program {
  const { name, executable, command_line: commandLine } = part
  return {
    pidversion: part.pidversion,
    name,
    executable,
    commandLine: commandLine?.slice(0, COMMAND_LINE_CHARACTERS_MAX),
    paths: [],
    script: undefined,
    groupId: undefined,
    platform: part.platform_binary === true,
    trusted: part.code_signature?.trusted === true,
    // It ran before it was first heard of: a shell that lives long is one somebody types into.
    interactiveShell: isShell(name) && !isScripted(part.args),
  }
}

interface Operands {
  readonly paths: readonly string[]
  /** The first argument that is no flag; `-` stands for standard input. */
  readonly first: string | undefined
  /** The command is among the arguments: `-c` and its like. */
  readonly inline: boolean
}

const INLINE_FLAG = /^-[A-Za-z]*[ce]$/

function operandsOf(args: readonly unknown[] | undefined): Operands {
  const paths: string[] = []
  let first: string | undefined
  let inline = false
  const end = Math.min(args?.length ?? 0, ARGUMENTS_READ_MAX)
  for (let index = 1; index < end; index += 1) {
    const word = args?.[index]
    if (typeof word !== 'string') continue
    if (first === undefined && INLINE_FLAG.test(word)) inline = true
    if (first === undefined && !word.startsWith('-')) first = word
    if (word.startsWith('/') && paths.length < PATHS_MAX) paths.push(absolute(word))
  }
  return { paths, first, inline }
}

function scriptOf(name: string | undefined, { first, inline }: Operands): string | undefined {
  if (inline || first === undefined || !first.startsWith('/')) return undefined
  return isInterpreter(name) ? absolute(first) : undefined
}

function isScripted(args: readonly unknown[] | undefined): boolean {
  const { first, inline } = operandsOf(args)
  return inline || first !== undefined
}

// With a terminal, nothing to run but what comes in, and in a process group of its own: the second
// part of a pipeline is in the group of the first.
function isTypedInto(
  process: ProcessPart,
  args: readonly unknown[] | undefined,
  { first, inline }: Operands,
): boolean {
  if (process.interactive !== true || !isShell(process.name)) return false
  const own = args?.[0]
  if (typeof own === 'string' && own.startsWith('-')) return true
  return !inline && first === undefined && process.group_leader?.pid === process.pid
}

// Arguments are as typed; events name files by their real path.
function absolute(path: string): string {
  return /^\/(?:tmp|var|etc)\//.test(path) ? `/private${path}` : path
}
