import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { parseSpan } from '../../src/scenario/span.ts'

const cases = [
  { text: '200ms', want: { minNs: 2e8, maxNs: 2e8 } },
  { text: '1.5s', want: { minNs: 1.5e9, maxNs: 1.5e9 } },
  { text: '300us-2m', want: { minNs: 3e5, maxNs: 1.2e11 } },
  { text: '2s-1s', want: undefined },
  { text: '5', want: undefined },
  { text: '-1s', want: undefined },
  { text: 's', want: undefined },
  { text: 5, want: undefined },
]
for (const { text, want } of cases) {
  test(`span: reads ${text}`, () => deepEqual(parseSpan(text), want))
}
