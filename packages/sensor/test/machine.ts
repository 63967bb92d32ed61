import type { Clock } from '@pomona/schema'
import { type CommandEnd, type CommandLine, SYSTEM_TIMER, systemCommands } from '@pomona/sensor'

/** The machine's own time, for tests that run real programs. */
export const MACHINE_CLOCK: Clock = {
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicNs: () => process.hrtime.bigint(),
}

/** Real programs on real time. */
export const MACHINE = {
  clock: MACHINE_CLOCK,
  timer: SYSTEM_TIMER,
  commands: systemCommands({ clock: MACHINE_CLOCK, timer: SYSTEM_TIMER }),
}

/** A program of this test's own. */
export function nodeProgram(source: string): CommandLine {
  return { path: process.execPath, args: ['-e', source] }
}

/** Starts a program and gathers what it says; `ended` tells how it ended. */
export function started(command: CommandLine) {
  let stdout = ''
  let stderr = ''
  let resolveEnd: (end: CommandEnd) => void = () => undefined
  const ended = new Promise<CommandEnd>((resolve) => {
    resolveEnd = resolve
  })
  const heard: (() => void)[] = []
  const running = MACHINE.commands.start(command, {
    stdout(bytes) {
      stdout += Buffer.from(bytes).toString()
      for (const resolve of heard.splice(0)) resolve()
    },
    stderr(bytes) {
      stderr += Buffer.from(bytes).toString()
    },
    ended: resolveEnd,
  })
  /** Waits until the program has printed something that matches. */
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(stdout)
      if (match !== null) return match
      await new Promise<void>((resolve) => heard.push(resolve))
    }
  }
  return { running, ended, said, stdout: () => stdout, stderr: () => stderr }
}
