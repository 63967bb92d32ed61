import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readLine } from '@pomona/sensor'
import { factsPath } from '../../src/file-facts/wanted.ts'

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
    equal(factsPath(read.record), want)
  })
}
