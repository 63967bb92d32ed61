import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { bundlePath, originOf } from '../src/origin.ts'

const cases = [
  {
    name: 'the outermost application',
    executable: '/Applications/A.app/Contents/Helpers/B.app/Contents/MacOS/B',
    platform: false,
    want: 'A.app',
  },
  {
    name: 'the script of an interpreter',
    program: 'bash',
    executable: '/bin/bash',
    script: '/private/tmp/postinstall',
    platform: true,
    want: 'postinstall',
  },
  { name: 'a program of its own', program: 'update', platform: false, want: 'update' },
  { name: 'no tool of the system', program: 'curl', platform: true, want: undefined },
  { name: 'no bare interpreter', program: 'python3.13', platform: false, want: undefined },
]
for (const { name, program, want, ...facts } of cases) {
  test(`origin: ${name}`, () => equal(originOf({ ...facts, name: program }), want))
}

test('origin: path of a bundle', () => {
  equal(bundlePath('/Applications/A.app/Contents/MacOS/A'), '/Applications/A.app')
  equal(bundlePath('/usr/bin/curl'), undefined)
})
