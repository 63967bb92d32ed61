import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { commandLine } from '../src/command-line.ts'

const cases = [
  {
    name: 'plain arguments stand as they are',
    args: ['ls', '-la', '$HOME;x|y'],
    want: 'ls -la $HOME;x|y',
  },
  { name: 'a blank is quoted', args: ['sh', '-c', 'echo hi'], want: "sh -c 'echo hi'" },
  { name: 'an empty argument stays visible', args: ['a', ''], want: "a ''" },
  {
    name: 'inner double quotes stay',
    args: ['osascript', '-e', 'say "x"'],
    want: `osascript -e 'say "x"'`,
  },
  { name: 'inner single quotes stay', args: ['sh', '-c', "echo 'x'"], want: `sh -c "echo 'x'"` },
  { name: 'both kinds need an escape', args: [`a "b" 'c'`], want: String.raw`'a "b" '\''c'\'''` },
  { name: 'a leading quote is quoted', args: ['"x'], want: `'"x'` },
  { name: 'a line break is a blank', args: ['a\nb'], want: "'a\nb'" },
  { name: 'no arguments are no text', args: [], want: '' },
]
for (const { name, args, want } of cases) {
  test(`command line: ${name}`, () => equal(commandLine(args), want))
}
