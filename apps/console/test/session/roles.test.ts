import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { covers } from '../../src/session/roles.ts'

test('roles: each covers itself and those below, an unknown one nothing', () => {
  const roles = ['root', 'viewer', 'analyst', 'responder', 'engineer', 'admin']
  deepEqual(
    roles.map((role) => covers(role, 'engineer')),
    [false, false, false, false, true, true],
  )
})
