import type { Timer } from '../timer.ts'
import type { CommandEnd, CommandLine, Commands, RunningCommand } from './command.ts'

/** Bounds of a command that runs to its end. */
export interface RunLimits {
  /** Ended as `timeout` after so long. Default 10,000. */
  readonly timeoutMs?: number
  /** Ended as `output` beyond so many bytes; what came before is kept. Default 4 MiB. */
  readonly stdoutBytesMax?: number
  /** Kept of stderr; more is read and dropped. Default 8 KiB. */
  readonly stderrBytesMax?: number
}

/** What a command printed and how it ended. */
export interface CommandResult {
  readonly end: CommandEnd
  readonly stdout: Uint8Array
  readonly stderr: string
  /** Ended by itself with code 0, and all its output is here. */
  readonly succeeded: boolean
}

/** Who runs a command, and by whose time. */
export interface RunTools {
  readonly commands: Commands
  readonly timer: Timer
}

const TIMEOUT_MS = 10_000
const STDOUT_BYTES_MAX = 4 * 1024 * 1024
const STDERR_BYTES_MAX = 8 * 1024

/**
 * Runs a command to its end, inside its bounds.
 *
 * @returns Always; a program that cannot be started, fails, hangs or prints without end is told by
 *          `end`.
 * @throws  SensorError ERR_COMMAND_INVALID as `Commands.start` does.
 */
export async function runCommand(
  { commands, timer }: RunTools,
  command: CommandLine,
  limits: RunLimits = {},
): Promise<CommandResult> {
  const stdout = new Bytes(limits.stdoutBytesMax ?? STDOUT_BYTES_MAX)
  const stderr = new Bytes(limits.stderrBytesMax ?? STDERR_BYTES_MAX)
  let running: RunningCommand | undefined
  let cancel: (() => void) | undefined
  const end = await new Promise<CommandEnd>((resolve) => {
    running = commands.start(command, {
      stdout(bytes) {
        if (!stdout.add(bytes)) running?.stop('output', 0)
      },
      stderr: (bytes) => void stderr.add(bytes),
      ended: resolve,
    })
    const timeoutMs = limits.timeoutMs ?? TIMEOUT_MS
    cancel = timer.after(timeoutMs, () => running?.stop('timeout', 0))
  })
  cancel?.()
  return {
    end,
    stdout: stdout.joined(),
    stderr: Buffer.from(stderr.joined()).toString('utf8'),
    succeeded: end.code === 0 && end.stop === undefined,
  }
}

class Bytes {
  readonly #bytesMax: number
  readonly #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Keeps what fits; false when something did not. */
  add(bytes: Uint8Array): boolean {
    const room = this.#bytesMax - this.#bytes
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room)
    if (kept.length > 0) this.#pieces.push(kept)
    this.#bytes += kept.length
    return kept.length === bytes.length
  }

  joined(): Uint8Array {
    return Buffer.concat(this.#pieces)
  }
}
