import { SensorError } from '../errors.ts'

/** A person with an account and an open session on the simulated Mac. */
export interface SimulatedUser {
  readonly name: string
  readonly uid: number
}

/** The Mac that a simulation plays on. */
export interface SimulatedHost {
  /** Host name; eslogger's records do not carry it, scenarios read it as `${host}`. */
  readonly name: string
  /** macOS release, such as `15.6` or `26.1`; decides the message version and its keys. */
  readonly osVersion: string
  /** Accounts, the owner of the console first. All have a graphical session. */
  readonly users: readonly SimulatedUser[]
  /**
   * How audit tokens are written: the object, or the array of a macOS 26 beta. Default `object`.
   */
  readonly tokenForm?: 'object' | 'array'
}

/** The Mac used where none is named. */
export const HOST_DEFAULT: SimulatedHost = {
  name: 'orchard-01',
  osVersion: '26.1',
  users: [
    { name: 'maya', uid: 501 },
    { name: 'jonas', uid: 502 },
  ],
}

// Apple's message versions by release; see MESSAGE_VERSIONS_KNOWN.
const VERSIONS: readonly (readonly [release: number, version: number])[] = [
  [27, 11],
  [26, 10],
  [15.4, 9],
  [15, 8],
  [13.3, 7],
  [13, 6],
]

/**
 * Tells the Endpoint Security message version that a macOS release writes.
 *
 * @throws SensorError ERR_SIMULATION_INVALID for a release before 13, which has no eslogger.
 */
export function messageVersion(osVersion: string): number {
  const [major = '', minor = '0'] = osVersion.split('.')
  // Minor releases stay below 10, so that 15.4 can be compared as a number.
  const release = Number(major) + Math.min(Number(minor), 9) / 10
  for (const [since, version] of VERSIONS) if (release >= since) return version
  throw new SensorError(
    'ERR_SIMULATION_INVALID',
    `macOS ${osVersion} has no eslogger; use 13 or later.`,
  )
}
