import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readLine } from '@pomona/sensor'
import { wantedFile } from '../../src/file-facts/wanted.ts'

const file = (path: string, mode: number) => ({ path, stat: { st_mode: mode } })
const PROGRAM = 0o100_755
const PLAIN = 0o100_644
const folder = { path: '/private/tmp' }

const cases = [
  {
    name: 'the program that is started',
    event: { exec: { target: { executable: { path: '/bin/ls' } } } },
    want: '/bin/ls',
  },
  {
    name: 'a program that was written',
    event: { close: { modified: true, target: file('/tmp/x', PROGRAM) } },
    want: '/tmp/x',
  },
  {
    name: 'an archive that was written',
    event: { close: { modified: true, target: file('/tmp/x.DMG', PLAIN) } },
    want: '/tmp/x.DMG',
  },
  {
    name: 'a text that was written',
    event: { close: { modified: true, target: file('/tmp/x.txt', PLAIN) } },
  },
  {
    name: 'a program that was only read',
    event: { close: { modified: false, target: file('/tmp/x', PROGRAM) } },
  },
  { name: 'a folder', event: { close: { modified: true, target: file('/tmp/x.app', 0o040_755) } } },
  {
    name: 'a download that gets its name',
    event: {
      rename: {
        source: file('/tmp/x.download', PLAIN),
        destination: { new_path: { dir: folder, filename: 'x.pkg' } },
      },
    },
    want: '/private/tmp/x.pkg',
  },
  {
    name: 'a program that takes the place of another',
    event: {
      rename: {
        source: file('/tmp/new', PROGRAM),
        destination: { existing_file: file('/usr/local/bin/x', PLAIN) },
      },
    },
    want: '/usr/local/bin/x',
  },
  { name: 'a path that is none', event: { exec: { target: { executable: { path: 'ls' } } } } },
  { name: 'a body of another shape', event: { close: 1 } },
  { name: 'another event', event: { fork: {} } },
]
for (const { name, event, want } of cases) {
  test(`facts: ${want === undefined ? 'not wanted of' : 'wanted of'} ${name}`, () => {
    const read = readLine(JSON.stringify({ event }), 0)
    ok(read.ok)
    equal(wantedFile(read.record)?.path, want)
  })
}

const STAT = {
  st_mode: PROGRAM,
  st_dev: 16_777_234,
  st_ino: 5,
  st_size: 7,
  st_flags: 0,
  st_mtimespec: '2026-03-02T08:30:00.5Z',
}

function wantedOf(event: string) {
  const read = readLine(`{"event":${event}}`, 0)
  ok(read.ok)
  return wantedFile(read.record)
}

test('facts: a record says which file it was', () => {
  const executable = { path: '/bin/ls', stat: STAT }
  deepEqual(wantedOf(JSON.stringify({ exec: { target: { executable } } })), {
    path: '/bin/ls',
    isProgram: true,
    isDataless: false,
    device: 16_777_234n,
    inode: 5n,
    size: 7n,
    mtime: '2026-03-02T08:30:00.500000000Z',
  })
})

test('facts: an inode of the sealed volume keeps all its digits', () => {
  const stat = JSON.stringify(STAT).replace('"st_ino":5', '"st_ino":1152921500312575883')
  const event = `{"exec":{"target":{"executable":{"path":"/bin/ls","stat":${stat}}}}}`
  equal(wantedOf(event)?.inode, 1_152_921_500_312_575_883n)
})

test('facts: a file whose content is in a cloud is told apart', () => {
  const target = { path: '/tmp/x', stat: { ...STAT, st_flags: 0x4000_0040 } }
  equal(wantedOf(JSON.stringify({ close: { modified: true, target } }))?.isDataless, true)
})

test('facts: what a record says in another shape is not believed', () => {
  const stat = { st_mode: PROGRAM, st_dev: 'x', st_ino: 1.5, st_size: null, st_mtimespec: 3 }
  const target = { path: '/tmp/x', stat }
  deepEqual(wantedOf(JSON.stringify({ close: { modified: true, target } })), {
    path: '/tmp/x',
    isProgram: false,
    isDataless: false,
  })
})
