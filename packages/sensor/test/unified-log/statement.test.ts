import { deepEqual, equal } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { statementOf } from '../../src/unified-log/statement.ts'
import { seededRandom } from '../prng.ts'

const cases = [
  {
    program: 'sudo',
    message: 'maya : TTY=ttys002 ; PWD=/Users/maya/a ; b ; USER=root ; COMMAND=/bin/echo a ; b',
    want: {
      kind: 'sudo',
      user: 'maya',
      refusal: 'b',
      tty: 'ttys002',
      directory: '/Users/maya/a',
      target: 'root',
      command: '/bin/echo a ; b',
    },
  },
  {
    program: 'sudo',
    message: '    maya : TTY=ttys002 ; PWD=/Users/maya ; USER=root ; COMMAND=/usr/bin/id -u',
    want: {
      kind: 'sudo',
      user: 'maya',
      tty: 'ttys002',
      directory: '/Users/maya',
      target: 'root',
      command: '/usr/bin/id -u',
    },
  },
  {
    program: 'sudo',
    message:
      'jonas : 3 incorrect password attempts ; TTY=ttys001 ; PWD=/ ; USER=root ; COMMAND=/bin/zsh',
    want: {
      kind: 'sudo',
      user: 'jonas',
      refusal: '3 incorrect password attempts',
      tty: 'ttys001',
      directory: '/',
      target: 'root',
      command: '/bin/zsh',
    },
  },
  {
    program: 'sshd-session',
    message: 'Accepted publickey for maya from 10.0.0.7 port 51234 ssh2: ED25519 SHA256:abc',
    want: {
      kind: 'ssh',
      succeeded: true,
      isUnknownUser: false,
      address: '10.0.0.7',
      user: 'maya',
      method: 'publickey',
      port: 51_234,
    },
  },
  {
    program: 'sshd',
    message: 'Failed password for invalid user admin from fe80::1%en0 port 22022 ssh2',
    want: {
      kind: 'ssh',
      succeeded: false,
      isUnknownUser: true,
      address: 'fe80::1%en0',
      user: 'admin',
      method: 'password',
      port: 22_022,
    },
  },
  {
    program: 'sshd-session',
    message: 'Invalid user  from 10.0.0.9 port 70000',
    want: { kind: 'ssh', succeeded: false, isUnknownUser: true, address: '10.0.0.9' },
  },
  {
    program: 'sshd-session',
    message: 'error: PAM: authentication error for illegal user oracle from host.example',
    want: {
      kind: 'ssh',
      succeeded: false,
      isUnknownUser: true,
      address: 'host.example',
      user: 'oracle',
    },
  },
  {
    program: 'tccd',
    message:
      'AUTHREQ_CTX: msgID=438.631, function=TCCAccessRequest, ' +
      'service=kTCCServiceAddressBook, preflight=yes, query=1,',
    want: {
      kind: 'tcc_context',
      messageId: '438.631',
      service: 'kTCCServiceAddressBook',
      isPreflight: true,
    },
  },
  {
    program: 'tccd',
    message:
      'AUTHREQ_RESULT: msgID=438.631, authValue=0, authReason=12, authVersion=1, ' +
      'desired_auth=0, error=(null),',
    want: { kind: 'tcc_result', messageId: '438.631', value: 0, reason: 12 },
  },
  {
    program: 'syspolicyd',
    message:
      'GK evaluateScanResult: 2, PST: (path: 9417be), (team: (null)), (id: (null)), ' +
      '(bundle_id: NOT_A_BUNDLE), 0, 0, 1, 0, 7, 7, 0',
    want: { kind: 'gatekeeper_scan', result: 2, pathHash: '9417be' },
  },
  {
    program: 'syspolicyd',
    message:
      'GK evaluateScanResult: 0, PST: (path: 12ab), (team: ABCDE12345), (id: com.example.app), ' +
      '(bundle_id: com.example.app), 0, 0, 1, 0, 7, 7, 0',
    want: {
      kind: 'gatekeeper_scan',
      result: 0,
      pathHash: '12ab',
      teamId: 'ABCDE12345',
      signingId: 'com.example.app',
      bundleId: 'com.example.app',
    },
  },
  {
    program: 'mDNSResponder',
    message:
      '[R375] getaddrinfo start -- flags: 0xFFFFFFFFC000D000, ifindex: 0, protocols: 0, ' +
      'hostname: p4rK72rlr32+pjVPBiSX6w==, options: {}, client pid: 961 (com.apple.geod)',
    want: {
      kind: 'dns_client',
      pid: 961,
      name: 'com.apple.geod',
      nameHash: 'p4rK72rlr32+pjVPBiSX6w==',
    },
  },
]
for (const { program, message, want } of cases) {
  test(`statement: ${program}: ${message.trim().slice(0, 60)}`, () => {
    deepEqual(statementOf({ program, message }), want)
  })
}

const nothing = [
  { program: 'sudo', message: 'pam_unix(sudo:session): session opened for user root' },
  { program: 'sudo', message: '' },
  { program: 'sshd', message: 'Connection closed by 10.0.0.7 port 51234' },
  { program: 'tccd', message: 'AUTHREQ_CTX: msgID=1, function=TCCAccessRequest' },
  { program: 'tccd', message: 'AUTHREQ_RESULT: msgID=1, authValue=many' },
  { program: 'tccd', message: 'AUTHREQ_PROMPTING: msgID=1' },
  { program: 'syspolicyd', message: 'GK performScan: PST: (path: 12ab), (team: (null))' },
  { program: 'zsh', message: 'maya : TTY=ttys002 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id' },
]
for (const { program, message } of nothing) {
  test(`statement: nothing is read into ${program}: ${message}`, () => {
    equal(statementOf({ program, message }), undefined)
  })
}

const FILE = join(
  import.meta.dirname,
  '../../../../../shared/data/sensors/unifiedlog/artemis_bigsur_unifiedlogs.jsonl',
)
const skip = existsSync(FILE) ? false : 'the recorded messages are not here'
test('statement: the lookups of a recording are read, all of them', { skip }, () => {
  let lookups = 0
  for (const line of readFileSync(FILE, 'utf8').trim().split('\n')) {
    // Written by another reader of the log: its keys differ, its messages are macOS's.
    const { process, message } = Object(JSON.parse(line))
    if (!String(message).includes('getaddrinfo start')) continue
    lookups += 1
    const program = String(process).split('/').at(-1) ?? ''
    equal(statementOf({ program, message: String(message) })?.kind, 'dns_client', message)
  }
  equal(lookups > 0, true)
})

const SEED = 91
test(`statement: cut, doubled and mixed messages never throw nor hang, seed ${SEED}`, () => {
  const below = seededRandom(SEED)
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)]
  const startedNs = process.hrtime.bigint()
  for (let round = 0; round < 20_000; round += 1) {
    const [one, other] = [pick(cases), pick(cases)]
    const cut = (text: string | undefined) => (text ?? '').slice(0, below(120))
    const message = cut(one?.message) + cut(other?.message).repeat(below(4))
    statementOf({ program: one?.program ?? '', message })
  }
  for (const { program, message } of cases) {
    statementOf({ program, message: message.repeat(40) })
    statementOf({ program, message: message.slice(0, 20) + ' ; '.repeat(3_000) })
    statementOf({ program, message: message.slice(0, 20) + 'a'.repeat(8_000) })
  }
  const spentMs = Number(process.hrtime.bigint() - startedNs) / 1e6
  equal(spentMs < 20_000, true, `${spentMs} ms`)
})
