import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { literalsOf } from '../../src/scripts/literals.ts'

const cases = [
  {
    name: 'all three quotes',
    text: `"double" 'single' \`back\``,
    want: ['double', 'single', 'back'],
  },
  { name: 'escaped quotes inside', text: '"a \\" b" c', want: ['a \\" b'] },
  {
    name: 'quotes of the other kind inside',
    text: `"it's so" 'say "x"'`,
    want: [`it's so`, 'say "x"'],
  },
  { name: 'an open quote up to its line only', text: '"open\n"closed"', want: ['closed'] },
  { name: 'nothing shorter than four', text: '"abc" "abcd"', want: ['abcd'] },
]
for (const { name, text, want } of cases) {
  test(`literals: finds ${name}`, () => {
    deepEqual(
      literalsOf(text).map((literal) => literal.text),
      want,
    )
  })
}
