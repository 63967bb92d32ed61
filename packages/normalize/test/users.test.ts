import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { UserNames } from '../src/users.ts'

test('users: root and nobody are known from the start', () => {
  const users = new UserNames(new Map(), 10)
  deepEqual(
    [users.nameOf('0'), users.idOf('root'), users.nameOf('4294967294')],
    ['root', '0', 'nobody'],
  )
})

test('users: a new name for an id takes the place of the old one, both ways', () => {
  const users = new UserNames(new Map([['501', 'maya']]), 10)
  deepEqual(users.person(501), { id: '501', name: 'maya' })
  users.learn({ id: '501', name: 'maja' })
  deepEqual(
    [users.nameOf('501'), users.idOf('maya'), users.idOf('maja')],
    ['maja', undefined, '501'],
  )
  deepEqual(users.person(501), { id: '501', name: 'maja' })
})

test('users: a full map keeps what it has and counts what it refused', () => {
  const users = new UserNames(new Map([['501', 'maya']]), 3)
  users.learn({ id: '502', name: 'jonas' })
  users.learn({ id: '501', name: 'maja' })
  deepEqual([users.nameOf('502'), users.nameOf('501'), users.refused], [undefined, 'maja', 1])
})

test('users: half a person teaches nothing, and no id is nobody', () => {
  const users = new UserNames(new Map(), 10)
  users.learn({ id: undefined, name: 'maya' })
  users.learn({ id: '501', name: undefined })
  equal(users.revision, 0)
  equal(users.person(-1), undefined)
  equal(users.person(0xffff_ffff), undefined)
  deepEqual(users.actor(-1), {})
})
