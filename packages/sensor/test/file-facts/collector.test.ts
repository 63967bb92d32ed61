import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatTime } from '@pomona/schema'
import type { WantedFile } from '../../src/file-facts/wanted.ts'
import {
  downloaded,
  FROM,
  noAttributes,
  program,
  QUARANTINE,
  setUp,
  sha256,
} from './facts-world.ts'
import { plistOf } from './plist.ts'

test('facts: digest, first bytes, size and time of a file', async (context) => {
  const { collector, path, commands } = setUp(context)
  const facts = await collector.of(program(path))
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
  equal((await collector.of(program(path)))?.sha256, sha256(content))
})

test('facts: an empty file is a file', async (context) => {
  const { collector, folder } = setUp(context)
  const path = join(folder, 'empty')
  writeFileSync(path, '')
  const facts = await collector.of(program(path))
  equal(facts?.sha256, sha256(''))
  equal(facts?.headerBytes, '')
})

test('facts: a file beyond the bound is described and not hashed', async (context) => {
  const { collector, path } = setUp(context, { fileBytesMax: 20 })
  const facts = await collector.of(program(path))
  equal(facts?.sha256, undefined)
  equal(facts?.size, 21)
  equal(facts?.headerBytes.length, 32)
})

test('facts: where a download came from', async (context) => {
  const { collector, path } = setUp(context, { script: downloaded })
  const facts = await collector.of(program(path))
  equal(facts?.quarantine, QUARANTINE)
  equal(facts?.originUrl, FROM[0])
  equal(facts?.originReferrerUrl, FROM[1])
})

test('facts: a file is read once, whatever its name, until it changes', async (context) => {
  const { collector, path, folder } = setUp(context)
  const other = join(folder, 'other')
  linkSync(path, other)
  const first = await collector.of(program(path))
  const second = await collector.of(program(other))
  equal(collector.counts().cached, 1)
  equal(second?.sha256, first?.sha256)
  equal(second?.path, other)
  appendFileSync(other, 'more')
  const third = await collector.of(program(other))
  equal(collector.counts().cached, 1)
  equal(third?.sha256, sha256('#!/bin/sh\necho hello\nmore'))
})

test('facts: a change is seen although size and time were set back', async (context) => {
  const { collector, path } = setUp(context)
  const before = statSync(path)
  await collector.of(program(path))
  const changed = '#!/bin/sh\necho WORLD\n'
  writeFileSync(path, changed)
  utimesSync(path, before.atime, before.mtime)
  equal((await collector.of(program(path)))?.sha256, sha256(changed))
})

test('facts: what changes while it is read is not told, size and time set back or not', async (context) => {
  for (const isSetBack of [false, true]) {
    const { collector, folder, time } = setUp(context)
    const path = join(folder, 'busy')
    writeFileSync(path, Buffer.alloc(600_000, 'a'))
    const { atime, mtime } = statSync(path)
    const clock = time.monotonicNs.bind(time)
    let reads = 0
    // The clock is looked at between two pieces.
    time.monotonicNs = () => {
      reads += 1
      if (reads === 3) {
        writeFileSync(path, Buffer.alloc(600_000, 'b'))
        if (isSetBack) utimesSync(path, atime, mtime)
      }
      return clock()
    }
    const facts = await collector.of(program(path))
    ok(reads >= 3)
    equal(facts, undefined)
    deepEqual(collector.counts().failed, { changed: 1 })
  }
})

test('facts: an attribute that was set later is seen', async (context) => {
  let script = noAttributes
  const { collector, path } = setUp(context, { script: (command) => script(command) })
  equal((await collector.of(program(path)))?.quarantine, undefined)
  script = downloaded
  // Any change of what the disk knows about the file, as setting an attribute is.
  chmodSync(path, 0o711)
  equal((await collector.of(program(path)))?.quarantine, QUARANTINE)
})

test('facts: attributes of a file that took its place meanwhile are not taken for its own', async (context) => {
  const { collector, path } = setUp(context, {
    script: (command) => {
      const named = command.command.args.at(-1) ?? ''
      writeFileSync(`${named}.trusted`, 'something else')
      renameSync(`${named}.trusted`, named)
      downloaded(command)
    },
  })
  writeFileSync(path, 'untrusted')
  const facts = await collector.of(program(path))
  equal(facts?.sha256, sha256('untrusted'))
  equal(facts?.quarantine, undefined)
})

test('facts: secrets in the address of a download are blanked out', async (context) => {
  const { collector, path } = setUp(context, {
    script: (command) => {
      const hex = plistOf([
        'https://user:hunter2-hunter2@files.example/tool.zip',
        'https://x.example/',
      ]).toString('hex')
      command.print(command.command.args.includes('-x') ? hex : QUARANTINE)
      command.end()
    },
  })
  const url = (await collector.of(program(path)))?.originUrl ?? ''
  ok(!url.includes('hunter2') && url.includes('files.example'), url)
})

test('facts: links, folders, pipes and devices are not read', async (context) => {
  const { collector, path, folder } = setUp(context)
  const link = join(folder, 'link')
  symlinkSync(path, link)
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const other of [link, folder, pipe, '/dev/zero']) {
    equal(await collector.of(program(other)), undefined, other)
  }
  deepEqual(collector.counts().failed, { not_regular: 4 })
})

test('facts: what is not there any more is counted', async (context) => {
  const { collector, folder } = setUp(context)
  equal(await collector.of(program(join(folder, 'gone'))), undefined)
  equal(await collector.of(program(join(folder, 'tool', 'below'))), undefined)
  deepEqual(collector.counts().failed, { missing: 2 })
})

const STAT = { dev: 0n, ino: 0n, size: 0n, mtimeNs: 0n }
const saidOf = (path: string, said: Partial<typeof STAT> = {}): WantedFile => {
  const stat = { ...statSync(path, { bigint: true }), ...said }
  return {
    ...program(path),
    ...{ device: stat.dev, inode: stat.ino, size: stat.size, mtime: formatTime(stat.mtimeNs) },
  }
}

test('facts: only the very file of the event is told', async (context) => {
  const { collector, path } = setUp(context)
  const { ino, dev, size, mtimeNs } = statSync(path, { bigint: true })
  ok((await collector.of(saidOf(path))) !== undefined)
  for (const other of [{ ino: ino + 1n }, { dev: dev + 1n }]) {
    equal(await collector.of(saidOf(path, other)), undefined)
  }
  for (const other of [{ size: size + 1n }, { mtimeNs: mtimeNs - 1n }, { mtimeNs: mtimeNs + 1n }]) {
    equal(await collector.of(saidOf(path, other)), undefined)
  }
  deepEqual(collector.counts().failed, { replaced: 2, changed: 3 })
})

test('facts: what was written may be written again, but is not told as it was before', async (context) => {
  const { collector, path } = setUp(context)
  const { mtimeNs } = statSync(path, { bigint: true })
  const written = (atNs: bigint) => ({ ...saidOf(path, { mtimeNs: atNs }), isProgram: false })
  ok((await collector.of(written(mtimeNs - 1n))) !== undefined)
  equal(await collector.of(written(mtimeNs + 1n)), undefined)
})

test('facts: what would have to be fetched from a cloud is not opened', async (context) => {
  const { collector, path } = setUp(context)
  equal(await collector.of({ ...program(path), isDataless: true }), undefined)
  deepEqual(collector.counts().failed, { dataless: 1 })
})
