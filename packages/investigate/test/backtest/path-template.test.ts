import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Engine } from '@pomona/detect'
import { parseSigmaText, type Rule } from '@pomona/rules'
import { pathTemplate } from '../../src/backtest/path-template.ts'
import { shippedRules } from '../shipped.ts'

const cases: readonly { name: string; path: string; want: string }[] = [
  { name: 'a program of the system', path: '/usr/bin/curl', want: '/usr/bin/curl' },
  { name: 'a home folder', path: '/Users/ada/Library/x', want: '/Users/*/Library/x' },
  { name: 'the shared folder', path: '/Users/Shared/x', want: '/Users/Shared/x' },
  {
    name: 'a temporary folder',
    path: '/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/x',
    want: '/private/var/folders/*/zyxvpxvq6csfxvn_*/T/x',
  },
  {
    name: 'an id',
    path: '/Library/Updates/0B2C7A3E-1D2F-4A5B-8C9D-0E1F2A3B4C5D/p',
    want: '/Library/Updates/*/p',
  },
  { name: 'a version', path: '/opt/node/26.10.0/bin/node', want: '/opt/node/*/bin/node' },
  { name: 'a random ending', path: '/tmp/tmp.8dj2KdQ1/run', want: '/tmp/tmp.*/run' },
  { name: 'a wildcard in the name', path: '/tmp/a*b?c\\d', want: '/tmp/a\\*b\\?c\\\\d' },
  { name: 'a name without digits', path: '/tmp/install-helper', want: '/tmp/install-helper' },
]

for (const { name, path, want } of cases) {
  test(`path template: ${name}`, () => equal(pathTemplate(path), want))
}

test('path template: always matches the path it was made of', () => {
  const [first] = shippedRules()
  ok(first !== undefined)
  for (const path of [...cases.map((one) => one.path), '', '/', '//', `/${'a1-'.repeat(9_000)}`]) {
    const pattern = parseSigmaText(pathTemplate(path))
    if (path === '') continue
    const rule: Rule = {
      ...first,
      body: {
        kind: 'event',
        gate: { events: [] },
        expression: {
          kind: 'test',
          selection: 's',
          at: { line: 1, column: 1 },
          predicate: {
            field: 'file.path',
            written: 'file.path',
            operator: 'equals',
            value: '',
            test: { kind: 'pattern', pattern, cased: true },
          },
        },
      },
    }
    equal(new Engine([rule]).match({ file: { path } }).length, 1, path.slice(0, 80))
  }
})
