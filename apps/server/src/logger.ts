import { type DestinationStream, type Logger, pino } from 'pino'

/** How the logger is set up. */
export interface LoggerOptions {
  readonly level: string
  readonly service: string
  /** Where lines go; standard error when absent, so that standard output stays data. */
  readonly destination?: DestinationStream
}

/**
 * The server's logger: one JSON line an entry, with ECS names. Event contents never go in.
 * @see ECS logging: `@timestamp`, `log.level`, `message`, `service.name`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, service } = options
  return pino(
    {
      level,
      base: { 'service.name': service },
      messageKey: 'message',
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
      redact: ['req.headers', '*.password', '*.token'],
    },
    options.destination ?? pino.destination({ fd: 2, sync: false }),
  )
}
