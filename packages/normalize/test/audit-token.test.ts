import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  AuditToken,
  imageKey,
  readAuditToken,
  tokenPid,
  tokenPidversion,
} from '../src/audit-token.ts'
import { token } from './records.ts'

test('audit token: the object and the array read the same', () => {
  const [one, other] = [new AuditToken(), new AuditToken()]
  equal(readAuditToken({ ...token(7, 9), auid: -1 }, one), true)
  equal(readAuditToken([4_294_967_295, 501, 20, 501, 20, 7, 100_003, 9], other), true)
  deepEqual(one, other)
  equal(tokenPid(token(7, 9)), 7)
  equal(tokenPidversion([0, 0, 0, 0, 0, 7, 0, 9]), 9)
})

const refused = [
  null,
  undefined,
  'text',
  7,
  {},
  [],
  [1, 2, 3, 4, 5, 6, 7],
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
  { pid: 1 },
  { pidversion: 1 },
  { pid: 1.5, pidversion: 1 },
  { pid: 2 ** 31, pidversion: 1 },
  { pid: 1, pidversion: 2 ** 32 },
  { pid: '1', pidversion: '1' },
]
for (const value of refused) {
  test(`audit token: ${JSON.stringify(value)} is none`, () => {
    equal(readAuditToken(value, new AuditToken()), false)
  })
}

test('audit token: the largest pid and pid version still have a key of their own', () => {
  const key = (pid: number, pidversion: number): number =>
    imageKey(Object.assign(new AuditToken(), { pid, pidversion }))
  equal(Number.isSafeInteger(key(0x1f_ffff, 0xffff_ffff)), true)
  equal(key(0x1f_ffff, 0xffff_ffff) - key(0x1f_ffff, 0xffff_fffe), 1)
  equal(key(2, 0) - key(1, 0xffff_ffff), 1)
})
