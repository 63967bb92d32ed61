import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, message, processOf, SHELL, Stream, token } from './records.ts'

const DAEMON = processOf({
  pid: 70,
  pidversion: 71,
  path: '/usr/libexec/reporterd',
  more: { audit_token: token(70, 71, { euid: 0, ruid: 0 }) },
})
const ASKER = processOf({ pid: 600, pidversion: 1_600, path: '/usr/bin/asker' })
const OTHER = processOf({ pid: 610, pidversion: 1_610, path: '/usr/bin/other' })

interface Case {
  readonly name: string
  readonly body: Json
  readonly actor: string | undefined
}

const cases: readonly Case[] = [
  { name: 'od_create_user', body: { instigator: ASKER }, actor: 'asker' },
  { name: 'profile_add', body: { instigator: ASKER }, actor: 'asker' },
  { name: 'btm_launch_item_add', body: { instigator: ASKER, app: OTHER }, actor: 'asker' },
  { name: 'btm_launch_item_add', body: { instigator: null, app: OTHER }, actor: 'other' },
  {
    name: 'btm_launch_item_add',
    body: { instigator: null, app_token: token(600, 1_600) },
    actor: 'asker',
  },
  { name: 'tcc_modify', body: { instigator: ASKER, responsible: OTHER }, actor: 'asker' },
  { name: 'tcc_modify', body: { instigator: null, responsible: OTHER }, actor: 'other' },
  {
    name: 'authorization_petition',
    body: { instigator: ASKER, petitioner: OTHER },
    actor: 'asker',
  },
  {
    name: 'authorization_judgement',
    body: { instigator: null, petitioner: OTHER },
    actor: 'other',
  },
  { name: 'authentication', body: { data: { token: { instigator: ASKER } } }, actor: 'asker' },
  {
    name: 'authentication',
    body: { data: { od: { instigator: null, instigator_token: token(600, 1_600) } } },
    actor: 'asker',
  },
  {
    name: 'authentication',
    body: { data: { auto_unlock: { username: 'maya' } } },
    actor: 'reporterd',
  },
  { name: 'od_delete_user', body: { instigator: null }, actor: 'reporterd' },
  { name: 'signal', body: { sig: 9, target: OTHER, instigator: ASKER }, actor: 'asker' },
  { name: 'signal', body: { sig: 9, target: OTHER }, actor: 'reporterd' },
  { name: 'settime', body: {}, actor: 'reporterd' },
]

for (const { name, body, actor } of cases) {
  test(`actor: ${name} with ${Object.keys(body).join()} was done by ${actor}`, () => {
    const stream = new Stream()
    // Tokens are only of use for processes that were seen.
    stream.send(message('settime', {}, { process: ASKER }))
    const event = stream.send(message(name, body, { process: DAEMON }))
    equal(event.process?.name, actor)
    const isMediated = name !== 'signal' && name !== 'settime'
    equal(event.macos?.reporter?.name, isMediated ? 'reporterd' : undefined)
    const isReporter = actor === 'reporterd'
    equal(event.process?.user?.id, isReporter ? '0' : '501')
  })
}

test('actor: a token nobody has described still names process and user', () => {
  const body = { instigator: null, instigator_token: token(777, 7_777, { euid: 503 }) }
  const event = new Stream().send(message('od_create_user', body, { process: DAEMON }))
  deepEqual(
    [event.process?.pid, event.process?.executable, event.user?.id],
    [777, undefined, '503'],
  )
})

test('actor: tcc_modify names the responsible process by record or by token', () => {
  const stream = new Stream()
  stream.send(message('settime', {}, { process: OTHER }))
  const body = { instigator: ASKER, responsible: null, responsible_token: token(610, 1_610) }
  const event = stream.send(message('tcc_modify', body, { process: DAEMON }))
  equal(event.macos?.responsible?.executable, '/usr/bin/other')
})

test('actor: an item’s relative path without an app stays relative', () => {
  const item = { item_type: 3, item_url: 'relative/path', app_url: '' }
  const event = new Stream().send(message('btm_launch_item_add', { instigator: SHELL, item }))
  equal(event.macos?.persistence?.path, 'relative/path')
  equal(event.macos?.persistence?.app_path, undefined)
})

test('actor: names are learned from logins that succeeded, and from nothing weaker', () => {
  const stream = new Stream()
  const name = (): string | undefined => stream.send(message('settime', {})).user?.name
  equal(name(), undefined)
  const failed = { success: false, username: 'mallory', uid: 501 }
  stream.send(message('login_login', failed))
  equal(name(), undefined)
  const home = { target: { path: '/Users/mallory' } }
  stream.send(message('chdir', home))
  equal(name(), undefined)
  stream.send(message('login_login', { success: true, username: 'maya', uid: 501 }))
  equal(name(), 'maya')
  equal(stream.send(message('lw_session_lock', { username: 'maya' })).user?.id, '501')
})

test('actor: names the caller knows are used from the first event', () => {
  const stream = new Stream({ users: new Map([['501', 'maya']]) })
  const event = stream.send(message('settime', {}))
  deepEqual([event.user?.name, event.process?.user?.name], ['maya', 'maya'])
  deepEqual(event.related?.user, ['maya'])
})
