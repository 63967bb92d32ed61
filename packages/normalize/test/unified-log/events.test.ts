import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type EcsEvent, EXPECTED_EVENT_TYPES, problemsOf } from '@pomona/schema'
import { LogDecoder, type UnifiedLogRecord } from '@pomona/sensor'
import { type NormalizerOptions, Normalizer } from '../../src/index.ts'
import { CONTEXT, type Json, message, processOf, record } from '../records.ts'

const AT_NS = 1_772_440_201_000_000_000n
const TCCD = '/System/Library/PrivateFrameworks/TCC.framework/Support/tccd'
const MDNS = '/usr/sbin/mDNSResponder'

/** The last record of messages as macOS's log prints them. */
function logged(process: string, ...messages: readonly string[]): UnifiedLogRecord {
  const decoder = new LogDecoder()
  const lines = messages.map((text) =>
    JSON.stringify({
      timestamp: '2026-03-02 09:30:01.250000+0100',
      messageType: 'Default',
      eventMessage: text,
      subsystem: process === TCCD ? 'com.apple.TCC' : '',
      category: '',
      processID: 500,
      userID: 0,
      processImagePath: process,
    }),
  )
  const read = decoder.push(Buffer.from(`${lines.join('\n')}\n`), AT_NS).at(-1)
  if (read?.kind !== 'record') throw new Error(read?.kind ?? 'nothing')
  return { ...read.record, sequence: 9 }
}

interface Setting extends NormalizerOptions {
  readonly before?: readonly Json[]
}

function eventOf(told: UnifiedLogRecord, { before = [], ...options }: Setting = {}): EcsEvent {
  const normalizer = new Normalizer(CONTEXT, { original: false, ...options })
  for (const [index, value] of before.entries()) normalizer.normalize(record(value, index))
  const result = normalizer.log(told)
  ok(result.ok)
  const { event } = result
  deepEqual(problemsOf(event), [])
  equal(normalizer.counts.received, normalizer.counts.sent)
  const expected: Readonly<Record<string, readonly string[]>> = EXPECTED_EVENT_TYPES
  const categories = event.event?.category ?? []
  const allowed = new Set(categories.flatMap((one) => expected[one] ?? []))
  for (const type of event.event?.type ?? []) ok(allowed.has(type), type)
  return event
}

const SUDO = 'maya : TTY=ttys002 ; PWD=/Users/maya ; USER=root ; COMMAND=/usr/bin/id -u'

test('log: sudo tells who became whom, for which command', () => {
  const event = eventOf(logged('/usr/bin/sudo', SUDO), { users: new Map([['501', 'maya']]) })
  deepEqual(event.event, {
    id: event.event?.id,
    kind: 'event',
    category: ['authentication'],
    type: ['start'],
    action: 'sudo_logged',
    module: 'unified_log',
    dataset: 'unified_log',
    sequence: 9,
    provider: 'sudo',
    outcome: 'success',
    created: '2026-03-02T08:30:01.000000000Z',
  })
  equal(event['@timestamp'], '2026-03-02T08:30:01.250000000Z')
  deepEqual(event.user, { id: '501', name: 'maya', target: { id: '0', name: 'root' } })
  deepEqual(event.macos?.sudo, { command: '/usr/bin/id -u' })
  deepEqual(event.process, { pid: 500, name: 'sudo', executable: '/usr/bin/sudo' })
  deepEqual(event.related?.user, ['maya'])
})

test('log: sudo that refused says why', () => {
  const refused = SUDO.replace('TTY', '3 incorrect password attempts ; TTY')
  const event = eventOf(logged('/usr/bin/sudo', refused))
  equal(event.event?.outcome, 'failure')
  equal(event.event?.reason, '3 incorrect password attempts')
})

test('log: the process is the one of the table, with all that is known of it', () => {
  const image = processOf({ pid: 500, pidversion: 1_201, path: '/usr/bin/sudo' })
  const exec = message('exec', { target: image, args: ['sudo', 'id', '-u'] })
  const event = eventOf(logged('/usr/bin/sudo', SUDO), { before: [exec] })
  equal(event.process?.command_line, 'sudo id -u')
  ok(event.process?.entity_id !== undefined)
  equal(event.user?.name, 'maya')
  equal(event.user?.effective?.id, event.process?.user?.id)
})

test('log: another program under the pid is not taken for it', () => {
  const image = processOf({ pid: 500, pidversion: 1_201, path: '/usr/bin/curl' })
  const exec = message('exec', { target: image, args: ['curl'] })
  const event = eventOf(logged('/usr/bin/sudo', SUDO), { before: [exec] })
  equal(event.process?.entity_id, undefined)
  equal(event.process?.executable, '/usr/bin/sudo')
})

test('log: a sign-in over SSH has its address, port and method', () => {
  const text = 'Accepted publickey for maya from 192.0.2.7 port 51234 ssh2: ED25519 SHA256:abc'
  const event = eventOf(logged('/usr/libexec/sshd-session', text))
  equal(event.event?.action, 'ssh_login_logged')
  equal(event.event?.outcome, 'success')
  deepEqual(event.source, { ip: '192.0.2.7', address: '192.0.2.7', port: 51_234 })
  deepEqual(event.macos?.authentication, { method: 'publickey' })
  deepEqual(event.related, { user: ['maya'], ip: ['192.0.2.7'] })
})

test('log: an address that is a name stays a name', () => {
  const text = 'error: PAM: authentication error for illegal user oracle from host.example'
  const event = eventOf(logged('/usr/libexec/sshd-session', text))
  equal(event.event?.outcome, 'failure')
  deepEqual(event.source, { address: 'host.example' })
  deepEqual(event.macos?.authentication, { result: 'invalid_user' })
})

const CONTEXT_TEXT =
  'AUTHREQ_CTX: msgID=4.1, function=TCCAccessRequest, service=kTCCServiceAddressBook, preflight=no,'
for (const [value, right, outcome] of [
  [0, 'denied', 'failure'],
  [1, 'unknown', undefined],
  [2, 'allowed', 'success'],
  [3, 'limited', 'success'],
  [9, undefined, undefined],
] as const) {
  test(`log: a privacy question answered by ${value}`, () => {
    const answer = `AUTHREQ_RESULT: msgID=4.1, authValue=${value}, authReason=2, authVersion=1,`
    const event = eventOf(logged(TCCD, CONTEXT_TEXT, answer))
    equal(event.event?.action, 'tcc_access_request')
    equal(event.event?.outcome, outcome)
    deepEqual(event.macos?.tcc, {
      service: 'AddressBook',
      ...(right !== undefined && { right }),
      reason: 'user_consent',
    })
  })
}

test('log: a look of Gatekeeper keeps its number and the hash of the path', () => {
  const text =
    'GK evaluateScanResult: 2, PST: (path: 9417be), (team: ABCDE12345), (id: com.example.app), ' +
    '(bundle_id: NOT_A_BUNDLE), 0, 0, 1, 0, 7, 7, 0'
  const event = eventOf(logged('/usr/libexec/syspolicyd', text))
  deepEqual(event.macos?.gatekeeper, { scan_result: 2, path_hash: '9417be' })
  deepEqual(event.file?.code_signature, { signing_id: 'com.example.app', team_id: 'ABCDE12345' })
  equal(event.event?.outcome, undefined)
})

test('log: who asked for an address is the process, not the resolver', () => {
  const text =
    '[R375] getaddrinfo start -- flags: 0x0, ifindex: 0, protocols: 0, hostname: p4rK==, ' +
    'options: {}, client pid: 600 (geod)'
  const client = processOf({ pid: 600, pidversion: 1_300, path: '/usr/libexec/geod' })
  const exec = message('exec', { target: client, args: ['geod'] })
  const event = eventOf(logged(MDNS, text), { before: [exec] })
  equal(event.process?.executable, '/usr/libexec/geod')
  deepEqual(event.macos?.reporter, { pid: 500, name: 'mDNSResponder', executable: MDNS })
  deepEqual(event.macos?.dns, { name_hash: 'p4rK==' })
})

test('log: a message of no known form is kept as a message', () => {
  const event = eventOf(logged('/usr/libexec/XProtectService', 'scan of a file is done'))
  equal(event.event?.action, 'log_message')
  deepEqual(event.event?.category, ['malware'])
  equal(event.message, 'scan of a file is done')
})

test('log: the line is kept where records are', () => {
  const told = logged('/usr/bin/sudo', SUDO)
  equal(eventOf(told, { original: true }).event?.original, told.text)
})
