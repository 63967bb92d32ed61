import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import type { SensorHealth } from '@pomona/schema'
import { permissionsOf } from '../../src/health/permissions.ts'

const health = (sensor: string, problem?: SensorHealth['problem']): SensorHealth => ({
  sensor,
  state: problem === undefined ? 'running' : 'failed',
  since: '2026-11-25T09:00:00.000Z',
  ...(problem === undefined ? {} : { problem }),
  ...{ restarts: 0, lost: 0, lost_by_type: {} },
})
const noAccess = { code: 'full_disk_access_missing', message: 'Missing.', profile: 'pppc' }

test('permissions: what a sensor lacks is named with the profile that grants it', () => {
  deepEqual(
    permissionsOf(
      [health('eslogger.critical', noAccess), health('eslogger.files', noAccess)],
      true,
    ),
    [
      {
        name: 'full_disk_access',
        granted: false,
        needed_by: ['eslogger.critical', 'eslogger.files'],
        profile: 'pppc',
      },
      { name: 'root', granted: true, needed_by: [] },
    ],
  )
})

test('permissions: a sensor that runs has what it needs', () => {
  deepEqual(permissionsOf([health('eslogger.critical'), health('network')], true), [
    { name: 'full_disk_access', granted: true, needed_by: ['eslogger.critical'] },
    { name: 'root', granted: true, needed_by: ['eslogger.critical', 'network'] },
  ])
})

test('permissions: without root that is said', () => {
  const noRoot = { code: 'root_missing', message: 'Missing.' }
  deepEqual(permissionsOf([health('eslogger.critical', noRoot)], false), [
    { name: 'root', granted: false, needed_by: ['eslogger.critical'] },
  ])
})
