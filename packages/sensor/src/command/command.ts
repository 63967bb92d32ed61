/**
 * The one way in which the sensor runs programs of the system. Nothing goes through a shell, paths
 * are absolute, the environment is given and not inherited, and every program leads a process group
 * of its own: Endpoint Security hides from `eslogger` what runs in its group, so nothing of ours
 * may be in there.
 */

/** A program and how it is called. */
export interface CommandLine {
  /** Absolute path of the program. */
  readonly path: string
  readonly args: readonly string[]
  /** Default {@link COMMAND_ENVIRONMENT}. */
  readonly environment?: Readonly<Record<string, string>>
}

/** What every command gets: the system's folders, UTF-8, English, and times in UTC. */
export const COMMAND_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
  LANG: 'C',
  LC_CTYPE: 'en_US.UTF-8',
  TZ: 'UTC',
}

/** Why a program could not be started. */
export type CommandFailure = 'not_found' | 'not_permitted' | 'not_started'

/** Who ended a program that did not end by itself. */
export type CommandStop = 'stopped' | 'timeout' | 'output'

/** How a program ended. */
export interface CommandEnd {
  /** Exit code; absent when a signal ended it or it never started. */
  readonly code?: number
  readonly signal?: string
  readonly failure?: CommandFailure
  /** What we ended it for. */
  readonly stop?: CommandStop
  /** How long it ran. */
  readonly ranMs: number
}

/** What a running program tells. None of these may block: the pipe is read no faster than this. */
export interface CommandHandlers {
  /** The bytes are the handler's to keep. */
  stdout(bytes: Uint8Array): void
  stderr(bytes: Uint8Array): void
  /** Called once, after the last output. */
  ended(end: CommandEnd): void
}

/** A program that was started, or could not be: `ended` is called in both cases, later. */
export interface RunningCommand {
  /** Also the id of its process group; absent when it could not be started. */
  readonly pid: number | undefined
  /**
   * Asks the whole process group to end, and kills it after `graceMs` (default 2,000).
   * `ended` tells when it is done.
   */
  stop(reason?: CommandStop, graceMs?: number): void
  /**
   * Asks a program that keeps counts to print them, as Control-T does: `SIGINFO`, or where there is
   * none `SIGUSR1`. Only for programs known to take it; others end by it.
   */
  askForCounts(): void
}

/** Starts programs. The real one is `systemCommands`. */
export interface Commands {
  /** @throws SensorError ERR_COMMAND_INVALID when the path is not absolute. */
  start(command: CommandLine, handlers: CommandHandlers): RunningCommand
}

/** How a program ended, in a few words for people. */
export function howEnded({ code, signal, failure, stop }: CommandEnd): string {
  if (failure !== undefined) return failure.replace('_', ' ')
  if (stop === 'timeout') return 'took too long'
  if (stop === 'output') return 'printed too much'
  return signal === undefined ? `exit code ${code}` : `signal ${signal}`
}
