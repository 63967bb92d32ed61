import { type CommandAction, LogLevel } from '@pomona/schema'

/** How a command that ran ended. */
export type CommandOutcome =
  | { readonly state: 'done'; readonly result?: Readonly<Record<string, unknown>> }
  | { readonly state: 'failed'; readonly code: string; readonly message: string }

/** Carries out one kind of command. What it throws counts as failed. */
export type CommandExecutor = (
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<CommandOutcome>

/** An executor for every action there is. */
export type CommandExecutors = Readonly<Record<CommandAction, CommandExecutor>>

/** What commands may do to the agent they reach. */
export interface CommandSurface {
  /** Reads the state of the Mac's security mechanisms now. */
  collectPosture(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>
  /** @returns `false` when there is no sensor of this name. */
  restartSensor(sensor: string, signal: AbortSignal): Promise<boolean>
  setLogLevel(level: LogLevel): void
}

/** Bytes of a result; beyond it a command should have told the server another way. */
const RESULT_BYTES_MAX = 512 * 1024

/** The executors of an agent. Parameters are checked here: they are signed, not therefore right. */
export function commandExecutors(surface: CommandSurface): CommandExecutors {
  return {
    ping: () => Promise.resolve({ state: 'done' }),

    async collect_posture(_parameters, signal) {
      const result = await surface.collectPosture(signal)
      const bytes = JSON.stringify(result).length
      if (bytes <= RESULT_BYTES_MAX) return { state: 'done', result }
      return failed('result_too_large', `The posture has ${bytes} bytes.`)
    },

    async restart_sensor({ sensor }, signal) {
      if (sensor === undefined) return failed('parameter_missing', '`sensor` is missing.')
      if (await surface.restartSensor(sensor, signal)) return { state: 'done' }
      return failed('sensor_unknown', `There is no sensor “${sensor.slice(0, 64)}”.`)
    },

    set_log_level({ level }) {
      const parsed = LogLevel.safeParse(level)
      if (!parsed.success) {
        const known = LogLevel.options.join(', ')
        return Promise.resolve(failed('parameter_invalid', `\`level\` is one of ${known}.`))
      }
      surface.setLogLevel(parsed.data)
      return Promise.resolve({ state: 'done' })
    },
  }
}

function failed(code: string, message: string): CommandOutcome {
  return { state: 'failed', code, message }
}
