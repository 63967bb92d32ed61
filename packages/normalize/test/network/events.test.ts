import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type EcsEvent, EXPECTED_EVENT_TYPES, problemsOf } from '@pomona/schema'
import type { NetworkAction, NetworkRecord } from '@pomona/sensor'
import { type NormalizerOptions, Normalizer } from '../../src/index.ts'
import { CONTEXT, type Json, message, processOf, record, SHELL } from '../records.ts'

const ATTEMPT: NetworkRecord = {
  sequence: 7,
  time: '2026-03-02T08:30:01.000000000Z',
  action: 'connection_attempted',
  transport: 'tcp',
  version: 4,
  communityId: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
  direction: 'egress',
  interface: 'en0',
  process: { pid: 500, name: 'curl' },
  source: { ip: '10.0.0.2', port: 50_000 },
  destination: { ip: '192.0.2.80', port: 443, domain: 'www.example.com' },
}
const CURL = processOf({
  pid: 500,
  pidversion: 1_201,
  path: '/usr/bin/curl',
  parent: [400, 900],
  responsible: [300, 700],
})

interface Setting extends NormalizerOptions {
  /** Messages of Endpoint Security before the record. */
  readonly before?: readonly Json[]
}

function eventOf(told: NetworkRecord, { before = [], ...options }: Setting = {}): EcsEvent {
  const normalizer = new Normalizer(CONTEXT, { original: false, ...options })
  for (const [index, value] of before.entries()) normalizer.normalize(record(value, index))
  const result = normalizer.network(told)
  if (!result.ok) throw new Error(result.reason)
  deepEqual(problemsOf(result.event), [])
  equal(normalizer.counts.received, normalizer.counts.sent)
  return result.event
}

const EXEC = message('exec', { target: CURL, args: ['curl', '-s', 'https://www.example.com'] })

test('network: an attempt of a process whose exec was seen', () => {
  const event = eventOf(ATTEMPT, { before: [EXEC] })
  deepEqual(event.event, {
    id: event.event?.id,
    kind: 'event',
    category: ['network'],
    type: ['connection', 'start'],
    action: 'connection_attempted',
    module: 'packet_capture',
    dataset: 'network',
    sequence: 7,
  })
  deepEqual(event.network, {
    transport: 'tcp',
    type: 'ipv4',
    community_id: ATTEMPT.communityId,
    direction: 'egress',
  })
  deepEqual(event.source, { ip: '10.0.0.2', address: '10.0.0.2', port: 50_000 })
  deepEqual(event.destination, {
    ip: '192.0.2.80',
    address: '192.0.2.80',
    port: 443,
    domain: 'www.example.com',
  })
  const { process, user, macos } = event
  deepEqual(
    [process?.executable, process?.command_line, process?.parent?.name, user?.id],
    ['/usr/bin/curl', 'curl -s https://www.example.com', 'zsh', '501'],
  )
  deepEqual(
    [macos?.process?.pidversion, macos?.responsible?.pid, macos?.network],
    [1_201, 300, { interface: 'en0', attribution: 'table' }],
  )
  deepEqual(event.related, {
    ip: ['10.0.0.2', '192.0.2.80'],
    hosts: ['www.example.com'],
    hash: ['ab'.repeat(20)],
  })
})

test('network: the id of its process is that of the exec', () => {
  const normalizer = new Normalizer(CONTEXT)
  const exec = normalizer.normalize(record(EXEC))
  const attempt = normalizer.network(ATTEMPT)
  if (!exec.ok || !attempt.ok) throw new Error('dropped')
  equal(attempt.event.process?.entity_id, exec.event.process?.entity_id)
  equal(attempt.event['@timestamp'], ATTEMPT.time)
})

function process(path: string, pidversion = 1_201): Json {
  return processOf({ pid: 500, pidversion, path })
}

const SNAPSHOT = [
  { pid: 500, executable: '/opt/tools/curl', commandLine: 'curl -v x', userId: 501 },
]
const attributions = [
  { name: 'nobody knows the pid', setting: {}, want: ['packet', 'curl', undefined, false] },
  {
    name: 'a process list knows the pid',
    setting: { processes: SNAPSHOT },
    want: ['snapshot', 'curl', '/opt/tools/curl', false],
  },
  {
    name: 'a process list knows the pid by another name',
    setting: { processes: [{ pid: 500, executable: '/bin/launchd' }] },
    want: ['packet', 'curl', undefined, false],
  },
  {
    name: 'a record has described the process',
    setting: { before: [message('fork', { child: process('/usr/bin/curl') })] },
    want: ['table', 'curl', '/usr/bin/curl', true],
  },
  {
    name: 'the pid was that of another program',
    setting: { before: [message('fork', { child: process('/usr/bin/wget') })] },
    want: ['packet', 'curl', undefined, false],
  },
  {
    name: 'a later record has described an earlier image of the pid',
    setting: {
      before: [
        message('exec', { target: CURL, args: [] }),
        message('exit', {}, { process: process('/bin/zsh', 1_100) }),
      ],
    },
    want: ['table', 'curl', '/usr/bin/curl', true],
  },
  {
    name: 'only a token has named the process',
    setting: {
      before: [
        message(
          'exit',
          {},
          { process: { ...SHELL, responsible_audit_token: { pid: 500, pidversion: 8 } } },
        ),
      ],
    },
    want: ['packet', 'curl', undefined, false],
  },
]
for (const { name, setting, want } of attributions) {
  test(`network: its process when ${name}`, () => {
    const { process: actor, macos } = eventOf(ATTEMPT, setting)
    deepEqual(
      [macos?.network?.attribution, actor?.name, actor?.executable, actor?.entity_id !== undefined],
      want,
    )
    equal(actor?.pid, 500)
  })
}

const names = [
  { kernel: 'com.apple.WebKi', path: '/x/com.apple.WebKit.Networking', want: 'table' },
  { kernel: 'com.apple.WebKit', path: '/x/com.apple.WebKit.Networking', want: 'table' },
  { kernel: 'com.apple', path: '/x/com.apple.WebKit.Networking', want: 'packet' },
  { kernel: 'éééééééé', path: '/x/ééééééééé', want: 'table' },
  { kernel: 'ééééééé\uFFFD', path: '/x/ééééééééé', want: 'packet' },
]
for (const { kernel, path, want } of names) {
  test(`network: the kernel's name ${kernel} of ${path} is that of the ${want}`, () => {
    const told = { ...ATTEMPT, process: { pid: 500, name: kernel } }
    const event = eventOf(told, { before: [message('fork', { child: process(path) })] })
    equal(event.macos?.network?.attribution, want)
  })
}

test('network: who acted is on whose behalf; the owner of the socket is the reporter', () => {
  const uuid = 'AAAAAAAA-0000-4000-8000-000000000001'
  const told = {
    ...ATTEMPT,
    process: { pid: 210, name: 'mDNSResponder' },
    effective: { pid: 500, name: 'curl', uuid },
  }
  const { process: actor, macos } = eventOf(told, { before: [EXEC] })
  deepEqual([actor?.pid, actor?.executable], [500, '/usr/bin/curl'])
  deepEqual(macos?.reporter, { pid: 210, name: 'mDNSResponder' })
  deepEqual(macos?.network, { interface: 'en0', attribution: 'table', image_uuid: uuid })
})

test('network: on its own behalf there is no reporter', () => {
  const event = eventOf({ ...ATTEMPT, effective: { pid: 500, name: 'curl' } }, { before: [EXEC] })
  equal(event.macos?.reporter, undefined)
})

test('network: without process there is none, and no user', () => {
  const { process: _process, ...told } = ATTEMPT
  const event = eventOf(told)
  deepEqual(
    [event.process, event.user, event.macos],
    [undefined, undefined, { network: { interface: 'en0' } }],
  )
})

test('network: a disconnect has its bytes, its duration and how it ended', () => {
  const event = eventOf({
    ...ATTEMPT,
    action: 'disconnect_received',
    durationNs: 5_000_000,
    reason: 'reset',
    vlan: 12,
    source: { ...ATTEMPT.source, bytes: 10 },
    destination: { ...ATTEMPT.destination, bytes: 32 },
  })
  deepEqual(
    [event.event?.type, event.event?.duration, event.event?.outcome, event.macos?.network?.end],
    [['connection', 'end'], 5_000_000, 'success', 'reset'],
  )
  deepEqual(
    [event.network?.bytes, event.network?.vlan, event.source?.bytes],
    [42, { id: '12' }, 10],
  )
})

const DNS: NetworkRecord = {
  ...ATTEMPT,
  action: 'lookup_result',
  transport: 'udp',
  protocol: 'dns',
  dns: {
    id: 4_711,
    name: 'www.example.com',
    type: 'A',
    class: 'IN',
    responseCode: 'NOERROR',
    answers: [
      { name: 'www.example.com', type: 'CNAME', class: 'IN', ttl: 60, data: 'cdn.example.net' },
      { name: 'cdn.example.net', type: 'A', class: 'IN', ttl: 60, data: '192.0.2.1' },
      { name: 'cdn.example.net', type: 'RRSIG', class: 'IN', ttl: 60 },
    ],
    resolved: ['192.0.2.1'],
  },
}

test('network: an answer', () => {
  const event = eventOf(DNS)
  deepEqual(event.dns, {
    id: '4711',
    type: 'answer',
    question: { name: 'www.example.com', type: 'A', class: 'IN' },
    response_code: 'NOERROR',
    answers: { type: ['CNAME', 'A', 'RRSIG'], data: ['cdn.example.net', '192.0.2.1'] },
    resolved_ip: ['192.0.2.1'],
  })
  deepEqual([event.event?.type, event.event?.outcome], [['protocol', 'info'], 'success'])
  deepEqual(event.related?.ip, ['10.0.0.2', '192.0.2.80', '192.0.2.1'])
})

test('network: a question, and an answer that there is nothing', () => {
  const dns = { id: 1, name: 'x.example', type: 'TXT', class: 'IN' }
  const question = eventOf({ ...DNS, action: 'lookup_requested', dns })
  deepEqual([question.dns?.type, question.event?.outcome], ['query', undefined])
  const nothing = eventOf({ ...DNS, dns: { ...dns, responseCode: 'NXDOMAIN' } })
  deepEqual([nothing.dns?.response_code, nothing.event?.outcome], ['NXDOMAIN', 'failure'])
})

test('network: a hello', () => {
  const event = eventOf({
    ...ATTEMPT,
    action: 'tls_client_hello',
    protocol: 'tls',
    tls: {
      serverName: 'www.example.org',
      protocols: ['h2'],
      ja4: 't13d0204h2_a_b',
      version: '1.3',
    },
  })
  deepEqual(event.tls, { client: { server_name: 'www.example.org' } })
  deepEqual(event.macos?.tls, { ja4: 't13d0204h2_a_b', protocols: ['h2'], version: '1.3' })
  deepEqual(event.related?.hosts, ['www.example.com', 'www.example.org'])
  equal(event.network?.protocol, 'tls')
})

const ACTIONS: readonly NetworkAction[] = [
  'connection_attempted',
  'connection_accepted',
  'disconnect_received',
  'lookup_requested',
  'lookup_result',
  'tls_client_hello',
]
for (const action of ACTIONS) {
  test(`network: ECS expects the types of ${action} in its category`, () => {
    const { type = [] } = eventOf({ ...ATTEMPT, action }).event ?? {}
    const expected: readonly string[] = EXPECTED_EVENT_TYPES.network
    deepEqual(
      type.filter((one) => !expected.includes(one)),
      [],
    )
  })
}

test('network: texts of strangers are repaired and cut', () => {
  const name = `a\ud800${'b'.repeat(100)}`
  const event = eventOf(
    { ...DNS, process: { pid: 1, name }, dns: { ...(DNS.dns ?? fail()), name } },
    { limits: { textLengthMax: 10 } },
  )
  deepEqual(
    [event.dns?.question?.name, event.process?.name],
    ['a\ufffdbbbbbbbb', 'a\ufffdbbbbbbbb'],
  )
})

function fail(): never {
  throw new Error('The record has no question.')
}
