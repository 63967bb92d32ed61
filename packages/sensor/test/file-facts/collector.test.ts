import { deepEqual, equal, ok } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { FileFactsCollector, type FileFactsLimits, readLine } from '@pomona/sensor'
import { ManualTime, type Script, ScriptedCommands } from '@pomona/sensor/testing'
import { plistOf } from './plist.ts'

const FROM = ['https://downloads.example/tool.zip', 'https://example/page']
const QUARANTINE = '0083;65f0a1b2;Safari;8F14E45F-CEEA-4678-A2B2-1E0B3C9D5F10'
/** As `xattr -x` prints it. */
const FROM_HEX = plistOf(FROM)
  .toString('hex')
  .replaceAll(/(..)/g, '$1 ')
  .replaceAll(/(.{48})/g, '$1\n')

const noAttributes: Script = (command) => command.end({ code: 1 })
const downloaded: Script = (command) => {
  const { args } = command.command
  command.print(args.includes('-x') ? `${FROM_HEX}\n` : `${QUARANTINE}\n`)
  command.end()
}

function setUp(
  context: TestContext,
  { script = noAttributes, ...limits }: Partial<FileFactsLimits> & { script?: Script } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-facts-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, script)
  const collector = new FileFactsCollector({ commands, clock: time, timer: time }, limits)
  const path = join(folder, 'tool')
  writeFileSync(path, '#!/bin/sh\necho hello\n')
  return { folder, path, time, commands, collector }
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')

test('facts: digest, first bytes, size and time of a file', async (context) => {
  const { collector, path, commands } = setUp(context)
  const facts = await collector.of(path)
  equal(facts?.sha256, sha256('#!/bin/sh\necho hello\n'))
  equal(facts?.headerBytes, Buffer.from('#!/bin/sh\necho h').toString('hex'))
  equal(facts?.size, 21)
  ok(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z$/.test(facts?.mtime ?? ''))
  deepEqual(commands.started[0]?.command.args, ['-s', '-p', 'com.apple.quarantine', path])
})

test('facts: of a large file every byte is in the digest', async (context) => {
  const { collector, folder } = setUp(context)
  const path = join(folder, 'large')
  const content = Buffer.alloc(3_000_001, 'abc')
  writeFileSync(path, content)
  equal((await collector.of(path))?.sha256, sha256(content))
})

test('facts: an empty file is a file', async (context) => {
  const { collector, folder } = setUp(context)
  const path = join(folder, 'empty')
  writeFileSync(path, '')
  const facts = await collector.of(path)
  equal(facts?.sha256, sha256(''))
  equal(facts?.headerBytes, '')
})

test('facts: a file beyond the bound is described and not hashed', async (context) => {
  const { collector, path } = setUp(context, { fileBytesMax: 20 })
  const facts = await collector.of(path)
  equal(facts?.sha256, undefined)
  equal(facts?.size, 21)
  equal(facts?.headerBytes.length, 32)
})

test('facts: where a download came from', async (context) => {
  const { collector, path } = setUp(context, { script: downloaded })
  const facts = await collector.of(path)
  equal(facts?.quarantine, QUARANTINE)
  equal(facts?.originUrl, FROM[0])
  equal(facts?.originReferrerUrl, FROM[1])
})

test('facts: a file is read once, whatever its name, until it changes', async (context) => {
  const { collector, path, folder } = setUp(context)
  const first = await collector.of(path)
  const moved = join(folder, 'moved')
  renameSync(path, moved)
  const second = await collector.of(moved)
  equal(collector.counts().cached, 1)
  equal(second?.sha256, first?.sha256)
  equal(second?.path, moved)
  appendFileSync(moved, 'more')
  const third = await collector.of(moved)
  equal(collector.counts().cached, 1)
  equal(third?.sha256, sha256('#!/bin/sh\necho hello\nmore'))
})

test('facts: an attribute that was set later is seen, the content not read again', async (context) => {
  let script = noAttributes
  const { collector, path } = setUp(context, { script: (command) => script(command) })
  equal((await collector.of(path))?.quarantine, undefined)
  script = downloaded
  // Any change of what the disk knows about the file, as setting an attribute is.
  chmodSync(path, 0o711)
  equal((await collector.of(path))?.quarantine, QUARANTINE)
  equal(collector.counts().cached, 1)
})

test('facts: links, folders, pipes and devices are not read', async (context) => {
  const { collector, path, folder } = setUp(context)
  const link = join(folder, 'link')
  symlinkSync(path, link)
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const other of [link, folder, pipe, '/dev/zero']) {
    equal(await collector.of(other), undefined, other)
  }
  deepEqual(collector.counts().failed, { not_regular: 4 })
})

test('facts: what is not there any more is counted', async (context) => {
  const { collector, folder } = setUp(context)
  equal(await collector.of(join(folder, 'gone')), undefined)
  equal(await collector.of(join(folder, 'tool', 'below')), undefined)
  deepEqual(collector.counts().failed, { missing: 2 })
})

test('facts: a file that is slow to read is given up', async (context) => {
  const { collector, folder, time } = setUp(context, { readMsMax: 5 })
  const path = join(folder, 'slow')
  writeFileSync(path, '')
  truncateSync(path, 8_000_000)
  // Time passes between the pieces.
  let reads = 0
  const clock = time.monotonicNs.bind(time)
  time.monotonicNs = () => clock() + BigInt(reads++) * 4_000_000n
  equal(await collector.of(path), undefined)
  deepEqual(collector.counts().failed, { too_slow: 1 })
})

test('facts: more files than may wait are not read', async (context) => {
  const { collector, folder } = setUp(context, { concurrencyMax: 1, waitingMax: 2 })
  const paths = Array.from({ length: 6 }, (_, index) => {
    const path = join(folder, `f${index}`)
    writeFileSync(path, String(index))
    return path
  })
  const facts = await Promise.all(paths.map((path) => collector.of(path)))
  equal(facts.filter((one) => one !== undefined).length, 3)
  deepEqual(collector.counts().failed, { queue_full: 3 })
  ok((await collector.of(paths[5] ?? '')) !== undefined)
})

test('facts: a file asked for twice at once is read once', async (context) => {
  const { collector, path } = setUp(context)
  const [one, two] = await Promise.all([collector.of(path), collector.of(path)])
  equal(one, two)
  equal(collector.counts().asked, 1)
})

test('facts: what is remembered is bounded', async (context) => {
  const { collector, folder, path } = setUp(context, { cacheMax: 2 })
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(folder, name), name)
    await collector.of(join(folder, name))
  }
  await collector.of(path)
  await collector.of(join(folder, 'a'))
  equal(collector.counts().cached, 0)
  await collector.of(path)
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
  const about = await collector.about([execOf(path, 7), fork.record, execOf('/none', 9)])
  deepEqual([...about.keys()], [7])
})

test('facts: a batch does not wait longer than it may', async (context) => {
  let hanging: Parameters<Script>[0] | undefined
  let tell: () => void = () => undefined
  const started = new Promise<void>((resolve) => {
    tell = resolve
  })
  const script: Script = (command) => {
    hanging = command
    tell()
  }
  const { collector, path, time } = setUp(context, { script, waitMsMax: 250 })
  const about = collector.about([execOf(path, 7)])
  await started
  await time.advance(250)
  const facts = await about
  equal(facts.size, 0)
  // What comes later is remembered for the next time, and does not appear in what was given.
  hanging?.end({ code: 1 })
  await collector.of(path)
  equal(facts.size, 0)
  equal((await collector.about([execOf(path, 8)])).size, 1)
})
