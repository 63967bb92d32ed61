import { deepEqual, equal, match } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseTime } from '@pomona/schema'
import { dnsBytes, ipBytes, tcpPacket, udpPacket, WrittenCapture } from '@pomona/sensor/testing'
import { objects, pomona, temporaryFolder, written } from '../pomona.ts'

const MAC = { ip: '10.0.0.2', port: 50_000 }
const FAR = { ip: '203.0.113.9', port: 4_444 }
const RESOLVER = { ip: '10.0.0.1', port: 53 }
const ACTOR = { pid: 400, pidversion: 901 }
const QUESTION = { id: 1, name: 'drop.example.net', type: 1 }

/** An osascript that starts at :00, execs at :10 and ends at :50. */
function recording(): string {
  const token = (pid: number, pidversion: number) => ({
    pid,
    pidversion,
    auid: 501,
    euid: 501,
    egid: 20,
    ruid: 501,
    rgid: 20,
    asid: 1,
  })
  const process = (pid: number, pidversion: number, path: string) => ({
    audit_token: token(pid, pidversion),
    parent_audit_token: token(1, 2),
    responsible_audit_token: token(pid, pidversion),
    ppid: 1,
    executable: { path },
    start_time: '2026-03-02T08:00:00Z',
  })
  const line = (seconds: string, by: object, event: object) =>
    JSON.stringify({ version: 10, time: `2026-03-02T08:00:${seconds}Z`, process: by, event })
  const shell = process(400, 900, '/bin/zsh')
  const script = process(400, 901, '/usr/bin/osascript')
  const args = ['osascript', '-e', 'x']
  return [
    line('00', shell, { fork: { child: shell } }),
    line('10', shell, { exec: { target: script, args } }),
    line('50', script, { exit: { stat: 0 } }),
  ].join('\n')
}

function capture(): Buffer {
  const begin = parseTime('2026-03-02T08:00:00Z')
  const made = new WrittenCapture('apple', begin)
  const by = { pid: 400, name: 'zsh' }
  const after = { pid: 400, name: 'osascript' }
  const attempt = (port: number): Buffer =>
    tcpPacket({ from: { ...MAC, port }, to: FAR, flags: 'S', sequence: port })
  made.send(attempt(1), { atMs: 5_000, direction: 'out', ...by })
  const asked = udpPacket({ from: MAC, to: RESOLVER, payload: dnsBytes(QUESTION) })
  const answers = [{ type: 1, data: ipBytes(FAR.ip) }]
  const answer = udpPacket({
    from: RESOLVER,
    to: MAC,
    payload: dnsBytes({ ...QUESTION, answers }),
  })
  made.send(asked, { atMs: 11_000, direction: 'out', ...after })
  made.send(answer, { atMs: 11_020, direction: 'in', ...after })
  made.send(attempt(2), { atMs: 12_000, direction: 'out', ...after })
  made.send(attempt(3), { atMs: 55_000, direction: 'out', ...after })
  return made.bytes()
}

const RULES = {
  'beacon.yml': `title: Script connects
id: 0b7c9f30-0000-4000-8000-000000000001
status: test
logsource: { product: macos, category: network_connection }
detection:
  selection:
    Image|endswith: /osascript
    Initiated: 'true'
    DestinationHostname: drop.example.net
  condition: selection
level: high
`,
  'lookup.yml': `title: Script looks up
id: 0b7c9f30-0000-4000-8000-000000000002
status: test
logsource: { product: macos, category: dns_query }
detection:
  selection: { QueryName|endswith: .example.net, QueryResults: ${FAR.ip} }
  condition: selection
level: medium
`,
  'sequence.toml': `[metadata]
maturity = "production"
[rule]
name = "Script, then connection"
rule_id = "0b7c9f30-0000-4000-8000-000000000003"
type = "eql"
language = "eql"
risk_score = 47
severity = "medium"
tags = ["OS: macOS"]
query = '''
sequence by process.entity_id with maxspan=30s
 [process where event.type == "start" and event.action == "exec" and process.name == "osascript"]
 [network where event.type == "start" and destination.port == 4444]
'''
`,
}

function files(context: TestContext) {
  const folder = temporaryFolder(context)
  for (const [name, content] of Object.entries(RULES)) written(folder, { name, content })
  return {
    folder,
    mac: written(folder, { name: 'mac.jsonl', content: recording() }),
    packets: written(folder, { name: 'mac.pcapng.gz', content: gzipSync(capture()) }),
  }
}

test('replay: a capture is joined to the recording by time and pid', async (context) => {
  const { folder, mac, packets } = files(context)
  const ended = await pomona(['replay', mac, '--network', packets, '--content', folder, '--json'])
  equal(ended.code, 0, ended.stderr)
  const lines = objects(ended)
  const alerts = lines.filter(({ kind }) => kind === 'alert')
  deepEqual(
    alerts.map(({ rule_name: name, time, processes }) => [
      name,
      String(time).slice(14, 23),
      Array.isArray(processes) ? processes[0] : processes,
    ]),
    [
      ['Script looks up', '00:11.020', ACTOR],
      ['Script connects', '00:12.000', ACTOR],
      ['Script, then connection', '00:12.000', ACTOR],
      ['Script connects', '00:55.000', ACTOR],
    ],
  )
  const summary = lines.at(-1)
  deepEqual(summary?.['network'], { packets: 5, observed: 5, records: 5, lost: 0, skipped: {} })
  deepEqual([summary?.['received'], summary?.['events']], [8, 8])
})

test('replay: the ids of the recording’s own events do not depend on a capture', async (context) => {
  const { mac, packets } = files(context)
  const host = ['--host', 'mac-7', '--json']
  const [without, with_] = await Promise.all([
    pomona(['replay', mac, ...host]),
    pomona(['replay', mac, '--network', packets, ...host]),
  ])
  const idsOf = (ended: typeof without) =>
    objects(ended)
      .filter(({ kind }) => kind === 'alert')
      .map(({ id }) => id)
  const known = new Set(idsOf(with_))
  deepEqual(
    idsOf(without).filter((id) => !known.has(id)),
    [],
  )
})

test('replay: a capture that is none fails, and the recording is still evaluated', async (context) => {
  const { folder, mac } = files(context)
  const noise = written(folder, { name: 'noise.pcap', content: 'no capture at all' })
  const ended = await pomona(['replay', mac, '--network', noise])
  equal(ended.code, 1)
  match(ended.stdout, /3 lines, 3 events/)
  match(ended.stdout, /FAILED: .*noise\.pcap: format_unknown; 17 bytes were not read\./)
})

test('replay: a capture that is not there is said', async (context) => {
  const { mac } = files(context)
  const ended = await pomona(['replay', mac, '--network', '/nowhere.pcapng'])
  equal(ended.code, 1)
  match(ended.stdout + ended.stderr, /nowhere\.pcapng/)
})
