import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { languageOf } from '../../src/scripts/language.ts'

const cases = [
  { name: 'x', text: '#!/bin/bash\n', want: 'shell' },
  { name: 'x', text: '#!/usr/bin/env python3\n', want: 'python' },
  { name: 'x', text: '#!/usr/bin/env -S FOO=1 node --x\n', want: 'javascript' },
  { name: 'x', text: '#!/usr/bin/osascript -l JavaScript\n', want: 'javascript' },
  { name: 'x', text: '#!/usr/bin/osascript\n', want: 'applescript' },
  { name: 'x', text: '#!/opt/odd\n', want: 'shell' },
  { name: 'x.rb', text: 'puts 1', want: 'ruby' },
  { name: 'postinstall', text: 'exit 0', want: 'shell' },
  { name: 'x', text: 'tell application "Finder"\nend tell', want: 'applescript' },
  { name: 'x', text: 'import os\nos.system("x")', want: 'python' },
  { name: 'x', text: 'FasdUAS 1.101.10', want: 'applescript_compiled' },
  { name: 'x.md', text: 'import os', want: undefined },
  { name: 'x', text: 'Just a letter to somebody.', want: undefined },
  { name: 'x.sh', text: '\x00\x01\x02', want: undefined },
  { name: 'x.sh', text: '', want: undefined },
]
for (const { name, text, want } of cases) {
  test(`language: ${JSON.stringify(text.slice(0, 30))} as ${name} is ${want ?? 'no script'}`, () => {
    equal(languageOf(Buffer.from(text), name)?.language, want)
  })
}

test('language: the first line says which interpreter', () => {
  deepEqual(languageOf(Buffer.from('#! /bin/zsh -f\nx'), 'x'), {
    language: 'shell',
    interpreter: '/bin/zsh -f',
  })
})
