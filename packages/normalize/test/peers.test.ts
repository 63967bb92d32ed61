import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { eventOf, message, processOf, SHELL, Stream, token } from './records.ts'

// What pipelines in the field are known to lose or to mix up; each line of this file is one such
// case.

test('peers: an event spelled cs_invalidate keeps its process and gets Apple’s name', () => {
  const event = eventOf(message('cs_invalidate', {}))
  equal(event.event?.action, 'cs_invalidated')
  equal(event.process?.executable, '/bin/zsh')
  deepEqual(event.event?.category, ['process'])
})

test('peers: exec has a command line and a parent with name, executable and signer', () => {
  const stream = new Stream()
  const child = processOf({ pid: 401, pidversion: 901, path: '/bin/zsh', parent: [400, 900] })
  const target = processOf({ pid: 401, pidversion: 902, path: '/usr/bin/curl', parent: [400, 900] })
  stream.send(message('fork', { child }))
  const args = ['curl', '-H', 'Accept: text/html', '']
  const event = stream.send(message('exec', { target, args, script: null }, { process: child }))
  equal(event.process?.command_line, "curl -H 'Accept: text/html' ''")
  equal(event.process?.parent?.name, 'zsh')
  equal(event.process?.parent?.executable, '/bin/zsh')
  equal(event.process?.parent?.code_signature?.team_id, 'TEAM123456')
})

const SCREEN = { username: 'maya', graphical_session_id: 257 }
for (const [name, type] of [
  ['lw_session_lock', 'end'],
  ['lw_session_unlock', 'start'],
] as const) {
  test(`peers: ${name} is typed ${type}, and the session id is no user name`, () => {
    const event = eventOf(message(name, SCREEN))
    deepEqual(event.event?.type, [type])
    equal(event.user?.name, 'maya')
    equal(event.macos?.session?.graphical_id, 257)
  })
}

const SWITCH = { from_uid: 501, from_username: 'maya', to_uid: 0, to_username: 'root' }
for (const [name, body, outcome] of [
  ['sudo', { success: true, command: '/usr/bin/id' }, 'success'],
  ['sudo', { success: false, reject_info: { failure_message: 'no' } }, 'failure'],
  ['su', { success: true, argv: ['-su'] }, 'success'],
  ['su', { success: false, failure_message: 'no' }, 'failure'],
] as const) {
  test(`peers: ${name} is an authentication between two users with outcome ${outcome}`, () => {
    const event = eventOf(message(name, { ...SWITCH, ...body }))
    deepEqual(event.event?.category, ['authentication'])
    equal(event.event?.outcome, outcome)
    equal(event.event?.reason, outcome === 'failure' ? 'no' : undefined)
    deepEqual(event.user?.target, { id: '0', name: 'root' })
    equal(event.user?.name, 'maya')
    equal(event.user?.id, '501')
  })
}

for (const [code, outcome] of [
  [0, 'success'],
  [5301, 'failure'],
  [undefined, undefined],
] as const) {
  test(`peers: a directory event with error code ${code} has outcome ${outcome}`, () => {
    const body = { instigator: SHELL, error_code: code, user_name: 'jonas' }
    equal(eventOf(message('od_create_user', body)).event?.outcome, outcome)
  })
}

test('peers: Touch ID names the user who touched, not the daemon', () => {
  const data = { touchid: { instigator: SHELL, touchid_mode: 0, uid: 502 } }
  const daemon = processOf({
    pid: 90,
    pidversion: 91,
    path: '/usr/libexec/biometrickitd',
    more: { audit_token: token(90, 91, { euid: 0 }) },
  })
  const event = eventOf(
    message('authentication', { success: true, type: 1, data }, { process: daemon }),
  )
  equal(event.user?.id, '502')
  equal(event.process?.name, 'zsh')
  equal(event.macos?.reporter?.name, 'biometrickitd')
})

test('peers: an SSH login keeps the user id', () => {
  const body = { success: true, result_type: 2, source_address: '::1', username: 'maya', uid: 501 }
  const event = eventOf(message('openssh_login', body))
  deepEqual([event.user?.id, event.user?.name, event.source?.ip], ['501', 'maya', '::1'])
})
