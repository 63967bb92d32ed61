import { type Clock, formatTime, LogLevel } from '@pomona/schema'

/** Named values of a log line. */
export type LogFields = Readonly<Record<string, unknown>>

/** Writes what happens as lines of JSON. */
export interface Logger {
  error(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  debug(fields: LogFields, message: string): void
  /** A logger of a part of the agent; it follows the level of this one. */
  child(component: string): Logger
}

/** Where log lines go. */
export interface LoggerOptions {
  readonly level: LogLevel
  readonly clock: Clock
  readonly write: (line: string) => void
}

const LINE_CHARACTERS_MAX = 8_192

/** A logger whose level can be changed while it is in use. */
export class JsonLogger implements Logger {
  readonly #options: LoggerOptions
  readonly #component: string | undefined
  readonly #root: { level: LogLevel }

  constructor(options: LoggerOptions, parent?: { component: string; root: { level: LogLevel } }) {
    this.#options = options
    this.#component = parent?.component
    this.#root = parent?.root ?? { level: options.level }
  }

  /** Least severe lines that are written, of this logger and its children. */
  set level(level: LogLevel) {
    this.#root.level = level
  }

  get level(): LogLevel {
    return this.#root.level
  }

  error(fields: LogFields, message: string): void {
    this.#say('error', { fields, message })
  }

  warn(fields: LogFields, message: string): void {
    this.#say('warn', { fields, message })
  }

  info(fields: LogFields, message: string): void {
    this.#say('info', { fields, message })
  }

  debug(fields: LogFields, message: string): void {
    this.#say('debug', { fields, message })
  }

  child(component: string): Logger {
    return new JsonLogger(this.#options, { component, root: this.#root })
  }

  #say(level: LogLevel, { fields, message }: { fields: LogFields; message: string }): void {
    const levels = LogLevel.options
    if (levels.indexOf(level) > levels.indexOf(this.#root.level)) return
    const head = {
      '@timestamp': formatTime(this.#options.clock.nowNs()),
      'log.level': level,
      ...(this.#component === undefined ? {} : { 'log.logger': this.#component }),
      message,
    }
    const line = JSON.stringify({ ...head, ...fields })
    // What is too long for a line of a log is no news of ours; the head of it still is.
    const shown = line.length > LINE_CHARACTERS_MAX ? JSON.stringify(head) : line
    this.#options.write(`${shown}\n`)
  }
}
