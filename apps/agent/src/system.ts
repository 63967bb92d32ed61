import { systemCommands, SYSTEM_TIMER } from '@pomona/sensor'
import type { AgentDeps } from './deps.ts'
import { systemUsage } from './health/usage.ts'
import { systemClock, systemRandom, systemSleep } from './machine.ts'
import { systemFileSystem } from './spool/file-system.ts'

/** The machine an agent really runs on. */
export function systemDeps(version: string): AgentDeps {
  return {
    clock: systemClock,
    random: systemRandom,
    sleep: systemSleep,
    fileSystem: systemFileSystem,
    tools: {
      commands: systemCommands({ clock: systemClock, timer: SYSTEM_TIMER }),
      clock: systemClock,
      timer: SYSTEM_TIMER,
    },
    usage: systemUsage,
    write: (line) => void process.stderr.write(line),
    version,
    pid: process.pid,
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
  }
}
