import { equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  FILTER_POLICY,
  type FilterPolicy,
  loadScenarios,
  policyFilter,
  readLine,
  simulate,
} from '@pomona/sensor'
import { glance } from '../../src/eslogger/glance.ts'
import { seededRandom } from '../prng.ts'

const CONTENT = join(import.meta.dirname, '../../../../content/scenarios')
const FILES = ['create', 'rename', 'unlink', 'close', 'link', 'clone', 'copyfile', 'setextattr']
const SEED = 4_242

const PROCESS =
  '"process":{"audit_token":{"pid":88,"pidversion":2},"executable":{"path_truncated":false,' +
  '"stat":{"st_ino":1},"path":"\\/usr\\/libexec\\/logd"}}'

function lineOf(type: string, body: string, process = PROCESS): string {
  return (
    `{"time":"2026-03-02T08:30:00.000000000Z","seq_num":1,"global_seq_num":1,${process},` +
    `"event":{"${type}":${body}}}`
  )
}

/** What a policy says of a line, once by its text and once parsed. */
function judged(policy: FilterPolicy, line: string) {
  const filter = policyFilter(policy)
  const seen = glance(line)
  const read = readLine(line, 0)
  ok(read.ok, line)
  return {
    byLine: seen === undefined ? undefined : filter.ofLine(seen, line),
    byRecord: filter.ofRecord(read.record.value),
  }
}

const at = (path: string) => `{"path":"${path}"}`
const MUTE = {
  reason: 'cache',
  types: FILES,
  programs: ['/usr/libexec/logd'],
  paths: ['/private/tmp/cache/*', '/private/tmp/one'],
}
const policy: FilterPolicy = {
  mutes: [MUTE],
  unmodifiedCloses: false,
  signals: [9, 15],
  ownPid: 501,
}

const inCache = (name: string) => at(`/private/tmp/cache/${name}`)
const cases = [
  {
    name: 'a file below a muted folder',
    line: lineOf('unlink', `{"target":${inCache('a')}}`),
    want: 'cache',
  },
  {
    name: 'a muted file',
    line: lineOf('unlink', `{"target":${at('/private/tmp/one')}}`),
    want: 'cache',
  },
  {
    name: 'a file beside a muted one',
    line: lineOf('unlink', `{"target":${at('/private/tmp/one2')}}`),
  },
  { name: 'the folder itself', line: lineOf('unlink', `{"target":${at('/private/tmp/cache')}}`) },
  {
    name: 'another program',
    line: lineOf('unlink', `{"target":${inCache('a')}}`, PROCESS.replace('logd', 'evil')),
  },
  {
    name: 'a rename inside',
    line: lineOf(
      'rename',
      `{"source":${inCache('a')},"destination":{"new_path":{"dir":${at('/private/tmp/cache/b')},"filename":"c"}}}`,
    ),
    want: 'cache',
  },
  {
    name: 'a rename out of a muted folder',
    line: lineOf(
      'rename',
      `{"source":${inCache('a')},"destination":{"new_path":{"dir":${at('/Library/LaunchDaemons')},"filename":"x.plist"}}}`,
    ),
  },
  { name: 'a file event that names no file', line: lineOf('unlink', '{}') },
  {
    name: 'a close that changed nothing',
    line: lineOf('close', `{"modified":false,"target":${at('/a')}}`),
    want: 'unmodified',
  },
  {
    name: 'a close that changed something',
    line: lineOf('close', `{"modified":true,"target":${at('/a')}}`),
  },
  {
    name: 'a close of what was mapped for writing',
    line: lineOf('close', `{"was_mapped_writable":true,"modified":false,"target":${at('/a')}}`),
  },
  { name: 'a close that does not say', line: lineOf('close', `{"target":${at('/a')}}`) },
  {
    name: 'a signal nobody asks for',
    line: lineOf('signal', '{"sig":0,"target":{}}'),
    want: 'signal',
  },
  { name: 'a kill', line: lineOf('signal', '{"sig":9,"target":{}}') },
  {
    name: 'what this process does with files',
    line: lineOf(
      'create',
      `{"destination":{"existing_file":${at('/s')}}}`,
      PROCESS.replace('88', '501'),
    ),
    want: 'own_process',
  },
  { name: 'what this process starts', line: lineOf('exec', '{}', PROCESS.replace('88', '501')) },
]
for (const { name, line, want } of cases) {
  test(`policy: ${want === undefined ? 'keeps' : 'leaves out'} ${name}`, () => {
    const { byLine, byRecord } = judged(policy, line)
    equal(byRecord, want)
    equal(byLine, want)
  })
}

test('policy: tokens written as arrays name the process too', () => {
  const token = '"audit_token":[0,0,0,0,0,501,0,1]'
  const process = PROCESS.replace('"audit_token":{"pid":88,"pidversion":2}', token)
  const { byLine, byRecord } = judged(policy, lineOf('unlink', `{"target":${at('/s')}}`, process))
  equal(byRecord, 'own_process')
  equal(byLine, undefined)
})

/** Policies about programs and files that occur, drawn at random. */
function drawnPolicy(below: (bound: number) => number, lines: readonly string[]): FilterPolicy {
  const paths = (pattern: RegExp): string[] =>
    Array.from({ length: 3 }, () => {
      const all = [...(lines[below(lines.length)] ?? '').matchAll(pattern)]
      const path =
        all[below(Math.max(1, all.length))]?.[1]?.replaceAll(String.raw`\/`, '/') ?? '/nowhere'
      return below(2) === 0 ? path : `${path.slice(0, 2 + below(12))}*`
    })
  const pattern = /"path":"([^"]*)"/g
  return {
    mutes: [
      { reason: 'a', types: FILES, paths: paths(pattern) },
      { reason: 'b', types: [...FILES, 'exec', 'fork'], programs: paths(pattern) },
      { reason: 'c', types: FILES, paths: ['/Users/*', '/private/*'], programs: paths(pattern) },
    ],
    unmodifiedCloses: below(2) === 0,
    ...(below(2) === 0 && { signals: [9, 15] }),
    ownPid: 400 + below(200),
  }
}

test(`policy: a line is left out only where its record is, for the same reason, seed ${SEED}`, async () => {
  const { scenarios } = await loadScenarios(CONTENT)
  const background = scenarios.filter(({ kind }) => kind === 'benign')
  const attacks = scenarios.filter(({ kind }) => kind === 'attack')
  const listening = { events: new Set([...FILES, 'exec', 'fork', 'signal']) }
  const lines = [...simulate({ scenarios: attacks, background, eventsMax: 2_500, listening })]
  const records = lines.map((line) => readLine(line, 0))
  const below = seededRandom(SEED)
  let left = 0
  let sure = 0
  for (let round = 0; round < 25; round += 1) {
    const filter = policyFilter(round === 0 ? FILTER_POLICY : drawnPolicy(below, lines))
    for (const [index, line] of lines.entries()) {
      const read = records[index]
      const seen = glance(line)
      if (read?.ok !== true || seen === undefined) continue
      const byLine = filter.ofLine(seen, line)
      const byRecord = filter.ofRecord(read.record.value)
      if (byRecord !== undefined) left += 1
      if (byLine === undefined) continue
      sure += 1
      equal(byLine, byRecord, line)
    }
  }
  ok(left > 1_000, `${left}`)
  ok(sure > left * 0.99, `${sure} of ${left} without parsing`)
})
