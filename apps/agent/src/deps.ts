import type { SupervisionTools } from '@pomona/sensor'
import type { Clock, Random } from '@pomona/schema'
import type { ProcessUsage } from './health/usage.ts'
import type { Sleep } from './machine.ts'
import type { FileSystem } from './spool/file-system.ts'
import type { UplinkOptions } from './uplink/uplink.ts'

/** What an agent needs of its machine. */
export interface AgentDeps {
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  readonly fileSystem: FileSystem
  /** How sensors run programs. */
  readonly tools: SupervisionTools
  readonly usage: ProcessUsage
  /** Takes a line of the log. */
  readonly write: (line: string) => void
  readonly version: string
  readonly pid: number
  readonly isRoot: boolean
  /** As Node names it: `darwin` is a Mac. */
  readonly platform: string
  /** Another way to the server than HTTPS, for tests. */
  readonly connect?: NonNullable<UplinkOptions['connect']>
}
