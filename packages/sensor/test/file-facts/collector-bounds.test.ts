import { deepEqual, equal, ok } from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FileFactsCollector, readLine } from '@pomona/sensor'
import type { Script } from '@pomona/sensor/testing'
import type { WantedFile } from '../../src/file-facts/wanted.ts'
import { program, setUp, sha256 } from './facts-world.ts'

test('facts: a file that is slow to read is given up', async (context) => {
  const { collector, folder, time } = setUp(context, { readMsMax: 5 })
  const path = join(folder, 'slow')
  writeFileSync(path, '')
  truncateSync(path, 8_000_000)
  // Time passes between the pieces.
  let reads = 0
  const clock = time.monotonicNs.bind(time)
  time.monotonicNs = () => clock() + BigInt(reads++) * 4_000_000n
  equal(await collector.of(program(path)), undefined)
  deepEqual(collector.counts().failed, { too_slow: 1 })
})

test('facts: more files than may wait are not read', async (context) => {
  const { collector, folder } = setUp(context, { concurrencyMax: 1, waitingMax: 2 })
  const paths = Array.from({ length: 6 }, (_, index) => {
    const path = join(folder, `f${index}`)
    writeFileSync(path, String(index))
    return path
  })
  const facts = await Promise.all(paths.map((path) => collector.of(program(path))))
  equal(facts.filter((one) => one !== undefined).length, 3)
  deepEqual(collector.counts().failed, { queue_full: 3 })
  ok((await collector.of(program(paths[5] ?? ''))) !== undefined)
})

test('facts: a file asked for twice at once is read once', async (context) => {
  const { collector, path, commands } = setUp(context)
  const [one, two] = await Promise.all([collector.of(program(path)), collector.of(program(path))])
  deepEqual(one, two)
  equal(commands.started.length, 1)
})

test('facts: what is remembered is bounded', async (context) => {
  const { collector, folder, path } = setUp(context, { cacheMax: 2 })
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(folder, name), name)
    await collector.of(program(join(folder, name)))
  }
  await collector.of(program(path))
  await collector.of(program(join(folder, 'a')))
  equal(collector.counts().cached, 0)
  await collector.of(program(path))
  equal(collector.counts().cached, 1)
})

const execOf = (path: string, sequence: number) => {
  const line = JSON.stringify({ event: { exec: { target: { executable: { path } } } } })
  const read = readLine(line, sequence)
  ok(read.ok)
  return read.record
}

test('facts: a batch gets those of its records that are about a file', async (context) => {
  const { collector, path } = setUp(context)
  const fork = readLine('{"event":{"fork":{}}}', 8)
  ok(fork.ok)
  const about = await collector.about([fork.record, execOf(path, 7), execOf('/none', 9)])
  deepEqual(
    about.map((facts) => facts?.path),
    [undefined, path, undefined],
  )
})

/** A script whose commands hang until they are told to end. */
function hanging() {
  const waiting: Parameters<Script>[0][] = []
  let tell: () => void = () => undefined
  const script: Script = (command) => {
    waiting.push(command)
    tell()
  }
  const begun = async (count: number): Promise<void> => {
    while (waiting.length < count) {
      await new Promise<void>((resolve) => {
        tell = resolve
      })
    }
  }
  const end = () => {
    for (const command of waiting) command.end({ code: 1 })
  }
  return { script, begun, end }
}

test('facts: a batch does not wait longer than it may', async (context) => {
  const { script, begun, end } = hanging()
  const { collector, path, time } = setUp(context, { script, waitMsMax: 250 })
  const about = collector.about([execOf(path, 7)])
  await begun(1)
  await time.advance(250)
  const facts = await about
  deepEqual(facts, [undefined])
  equal(collector.counts().late, 1)
  // What comes later is remembered for the next time, and does not appear in what was given.
  end()
  await collector.of(program(path))
  deepEqual(facts, [undefined])
  await time.advance(5_000)
  ok((await collector.about([execOf(path, 8)]))[0] !== undefined)
})

test('facts: of all time records wait a share', async (context) => {
  const { script, begun, end } = hanging()
  const { collector, folder, path, time } = setUp(context, {
    ...{ script, waitMsMax: 250, waitShareMax: 0.2 },
  })
  const waited = async (name: string, count: number): Promise<number> => {
    const other = join(folder, name)
    writeFileSync(other, name)
    const fromNs = time.monotonicNs()
    const about = collector.about([execOf(other, count)])
    const state = { isDone: false }
    void about.then(() => (state.isDone = true))
    for (let ms = 0; ms < 300 && !state.isDone; ms += 1) await time.advance(1)
    await about
    return Number(time.monotonicNs() - fromNs) / 1e6
  }
  void collector.of(program(path))
  await begun(1)
  equal(await waited('a', 1), 250)
  ok((await waited('b', 2)) <= 1, 'patience is used up')
  await time.advance(500)
  const third = await waited('c', 3)
  ok(third >= 100 && third <= 130, `a fifth of what has passed: ${third}`)
  end()
})

test('facts: beyond the budget what was written stays unread and programs unhashed, until later', async (context) => {
  const { collector, folder, time } = setUp(context, { cpuBurstMs: 9, cpuShareMax: 0.01 })
  const paths = Array.from({ length: 12 }, (_, index) => join(folder, `f${index}`))
  for (const path of paths) writeFileSync(path, path)
  for (const path of paths) await collector.of({ ...program(path), isProgram: false })
  const { failed, known } = collector.counts()
  ok(known > 0 && known < paths.length && failed['budget'] === paths.length - known)
  const last = paths.at(-1) ?? ''
  for (let turn = 0; turn < 9; turn += 1) {
    const other = join(folder, `p${turn}`)
    writeFileSync(other, other)
    await collector.of(program(other))
  }
  const poor = await collector.of(program(last))
  equal(poor?.sha256, undefined)
  equal(poor?.headerBytes.length, 32)
  ok(collector.counts().unhashed > 0)
  await time.advance(900_000)
  equal((await collector.of(program(last)))?.sha256, sha256(last))
})

test('facts: while the agent costs too much only what is started is read', async (context) => {
  const { path, time, commands } = setUp(context)
  const tools = { commands, clock: time, timer: time, isThrottled: () => true }
  const collector = new FileFactsCollector(tools)
  equal(await collector.of({ ...program(path), isProgram: false }), undefined)
  ok((await collector.of(program(path))) !== undefined)
  deepEqual(collector.counts().failed, { throttled: 1 })
})

test('facts: when all that was begun hangs, nothing more is begun until it ends', async (context) => {
  const { script, begun, end } = hanging()
  const { collector, folder, time } = setUp(context, { script, turnMsMax: 400 })
  const at = (name: string): WantedFile => {
    writeFileSync(join(folder, name), name)
    return program(join(folder, name))
  }
  const hung = [collector.of(at('a')), collector.of(at('b')), collector.of(at('c'))]
  await begun(2)
  await time.advance(400)
  deepEqual(await Promise.all(hung), [undefined, undefined, undefined])
  equal(collector.isStalled, true)
  equal(await collector.of(at('d')), undefined)
  deepEqual(collector.counts(), {
    ...{ asked: 4, known: 0, cached: 0, unhashed: 0, held: 0, late: 0 },
    failed: { too_slow: 2, stalled: 2 },
  })
  end()
  await new Promise((resolve) => setImmediate(resolve))
})
