import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseTime } from '@pomona/schema'
import { EVENT_TYPES, eventName, readLine, simulatedEslogger } from '@pomona/sensor'

const CONTENT = join(import.meta.dirname, '../../../../content/scenarios')
const START = '2026-03-02T08:30:00Z'
const START_NS = parseTime(START) ?? 0n
const NS_PER_MS = 1_000_000n

function recordsOf(written: readonly { readonly line: string }[]) {
  return written.map(({ line }, index) => {
    const read = readLine(line, index)
    ok(read.ok, line)
    return read.record.value
  })
}

/** Plays the stand-in on a clock that only its sleeping moves, until `untilMs` of it. */
async function played(args: readonly string[], untilMs: number, fromMs = 0) {
  const stop = new AbortController()
  const written: { readonly line: string; readonly atNs: bigint }[] = []
  const said: string[] = []
  let nowMs = fromMs
  const clock = {
    nowNs: () => START_NS + BigInt(nowMs) * NS_PER_MS,
    monotonicNs: () => BigInt(nowMs) * NS_PER_MS,
  }
  const code = await simulatedEslogger({
    args,
    content: CONTENT,
    clock,
    async write(text) {
      for (const line of text.trimEnd().split('\n')) written.push({ line, atNs: clock.nowNs() })
    },
    say: (text) => said.push(text),
    async sleep(delayMs) {
      nowMs += delayMs
      if (nowMs >= untilMs) stop.abort()
    },
    signal: stop.signal,
  })
  return { code, written, said, nowMs, records: () => recordsOf(written) }
}

const LIVE = ['--start', START, '--seed', 'stand-in', '--benign']

test('simulated eslogger: lists the types of its release', async () => {
  const { written, code } = await played(['--os', '14.5', '--list-events'], 0)
  equal(code, 0)
  const names = written.map(({ line }) => line)
  deepEqual(
    names,
    EVENT_TYPES.filter(({ versionMin }) => versionMin <= 7).map(({ name }) => name),
  )
})

test('simulated eslogger: a type its release does not report ends it', async () => {
  const { code, said } = await played(['--os', '14.5', '--benign', 'exec', 'tcc_modify'], 100)
  equal(code, 64)
  match(said.join('\n'), /tcc_modify/)
})

test('simulated eslogger: without types it has nothing to do', async () => {
  equal((await played(['--benign'], 100)).code, 64)
})

test('simulated eslogger: prints what it was asked for, numbered without holes', async () => {
  const { records } = await played([...LIVE, 'exec', 'create'], 120_000)
  ok(records().length > 20)
  deepEqual([...new Set(records().map(eventName))].toSorted(), ['create', 'exec'])
  deepEqual(
    records().map((record) => record['global_seq_num']),
    records().map((_, index) => index),
  )
  const execs = records().filter((record) => eventName(record) === 'exec')
  deepEqual(
    execs.map((record) => record['seq_num']),
    execs.map((_, index) => index),
  )
})

test('simulated eslogger: a record comes when it happens', async () => {
  const { records, written } = await played([...LIVE, 'exec', 'create'], 60_000)
  for (const [index, record] of records().entries()) {
    const lateNs = (written[index]?.atNs ?? 0n) - (parseTime(String(record['time'])) ?? 0n)
    ok(lateNs >= 0n && lateNs <= 201n * NS_PER_MS, `${lateNs}`)
  }
})

test('simulated eslogger: two of them watch the same Mac', async () => {
  const one = await played([...LIVE, 'exec', 'create'], 60_000)
  const [execs, files] = [
    await played([...LIVE, 'exec'], 60_000),
    await played([...LIVE, 'create'], 60_000),
  ]
  const told = (given: ReturnType<typeof one.records>) =>
    given.map((record) => `${String(record['time'])} ${eventName(record)}`).toSorted()
  deepEqual(told([...execs.records(), ...files.records()]), told(one.records()))
})

test('simulated eslogger: one that comes later does not tell what was before', async () => {
  const whole = await played([...LIVE, 'exec', 'create'], 60_000)
  const later = await played([...LIVE, 'exec', 'create'], 60_000, 30_000)
  const since = whole.written.filter(({ line }) => {
    const at = parseTime(/"time":"([^"]*)"/.exec(line)?.[1] ?? '') ?? 0n
    return at >= START_NS + 30_000n * NS_PER_MS
  })
  equal(later.records().length, since.length)
  equal(later.records()[0]?.['global_seq_num'], 0)
})

test('simulated eslogger: a scenario begins when it should', async () => {
  const args = ['--start', START, '--scenario', 'applescript-infostealer', '--after', '20', 'exec']
  const { records } = await played(args, 60_000)
  const first = parseTime(String(records()[0]?.['time'])) ?? 0n
  ok(first >= START_NS + 20_000n * NS_PER_MS && first < START_NS + 25_000n * NS_PER_MS)
})

test('simulated eslogger: scenarios follow one another at the distance asked for', async () => {
  const twice = ['--scenario', 'applescript-infostealer', '--scenario', 'applescript-infostealer']
  const { records } = await played(['--start', START, ...twice, '--every', '600', 'exec'], 900_000)
  const late = records().filter(
    ({ time }) => (parseTime(String(time)) ?? 0n) >= START_NS + 600_000n * NS_PER_MS,
  )
  equal(late.length * 2, records().length)
})

test('simulated eslogger: at a rate so many come a second, stamped with their time', async () => {
  const { records, nowMs } = await played([...LIVE, '--rate', '100', 'exec', 'create'], 10_000)
  ok(Math.abs(records().length - nowMs / 10) <= 3, `${records().length} in ${nowMs} ms`)
  const times = records().map((record) => parseTime(String(record['time'])) ?? 0n)
  ok(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0n)))
  ok((times.at(-1) ?? 0n) <= START_NS + 10_100n * NS_PER_MS)
})

test('simulated eslogger: a recording is told as if it happened, numbered for who listens', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-recorded-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'recording.jsonl')
  const { written } = await played([...LIVE, '--rate', '0', '--count', '200', 'exec', 'exit'], 100)
  writeFileSync(path, ['no record', ...written.map(({ line }) => line), '{}'].join('\n'))
  const { records } = await played(['--recording', path, '--rate', '0', 'exit'], 100)
  const told = records()
  ok(told.length > 10 && told.length < 200)
  ok(told.every((record) => eventName(record) === 'exit'))
  const all = told.map((_, index) => index)
  deepEqual(
    told.map((record) => record['seq_num']),
    all,
  )
  deepEqual(
    told.map((record) => record['global_seq_num']),
    all,
  )
})

test('simulated eslogger: after its count it stays and is silent', async () => {
  const args = [...LIVE, '--rate', '0', '--count', '500', 'exec', 'create']
  const { records, code, nowMs } = await played(args, 5_000)
  equal(records().length, 500)
  equal(code, 0)
  ok(nowMs >= 5_000)
})

test('simulated eslogger: what it loses leaves gaps in the numbers', async () => {
  const lose = ['--lose-every', '10', '--rate', '0', '--count', '1000', 'exec', 'create']
  const { records } = await played([...LIVE, ...lose], 100)
  equal(records().length, 900)
  equal(records().at(-1)?.['global_seq_num'], 998)
})

test('simulated eslogger: it crashes after so many', async () => {
  const { records, code } = await played([...LIVE, '--rate', '0', '--exit-after', '7', 'exec'], 100)
  equal(records().length, 7)
  equal(code, 1)
})

for (const result of ['NOT_PERMITTED', 'NOT_PRIVILEGED', 'NOT_ENTITLED', 'TOO_MANY_CLIENTS']) {
  test(`simulated eslogger: fails as Endpoint Security does: ${result}`, async () => {
    const { code, said, written } = await played(['--fail', result, 'exec'], 100)
    equal(code, 1)
    match(said.join('\n'), new RegExp(`ES_NEW_CLIENT_RESULT_ERR_${result}`))
    equal(written.length, 0)
  })
}

for (const args of [
  ['--rate', 'fast', 'exec'],
  ['--start', 'noon', 'exec'],
  ['--scenario', 'none-such', 'exec'],
  ['--fail', 'NONE_SUCH', 'exec'],
  ['--nonsense', 'exec'],
  ['--recording', '/none', 'exec'],
]) {
  test(`simulated eslogger: refuses ${args.join(' ')}`, async () => {
    equal((await played(args, 100)).code, 64)
  })
}
