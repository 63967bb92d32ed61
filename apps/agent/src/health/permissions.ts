import type { PermissionState, SensorHealth } from '@pomona/schema'

const BY_PROBLEM: Readonly<Record<string, PermissionState['name']>> = {
  full_disk_access_missing: 'full_disk_access',
  root_missing: 'root',
  packet_capture_missing: 'packet_capture',
}

/**
 * What macOS has to grant, as far as the sensors tell: one that lacks something says so, and one
 * that runs has what it needs. Nothing is said of what nobody has tried yet.
 */
export function permissionsOf(
  sensors: readonly SensorHealth[],
  isRoot: boolean,
): readonly PermissionState[] {
  const missing = new Map<PermissionState['name'], { neededBy: string[]; profile?: string }>()
  for (const { sensor, problem } of sensors) {
    const name = BY_PROBLEM[problem?.code ?? '']
    if (name === undefined) continue
    const known = missing.get(name) ?? { neededBy: [] }
    known.neededBy.push(sensor)
    if (problem?.profile !== undefined) known.profile = problem.profile
    missing.set(name, known)
  }
  const running = sensors.filter(({ state }) => state === 'running').map(({ sensor }) => sensor)
  const states: PermissionState[] = [...missing].map(([name, { neededBy, profile }]) => ({
    ...{ name, granted: false, needed_by: neededBy },
    ...(profile === undefined ? {} : { profile }),
  }))
  const watchers = running.filter((sensor) => sensor.startsWith('eslogger'))
  if (!missing.has('full_disk_access') && watchers.length > 0) {
    states.push({ name: 'full_disk_access', granted: true, needed_by: watchers })
  }
  if (!missing.has('root')) states.push({ name: 'root', granted: isRoot, needed_by: running })
  return states
}
