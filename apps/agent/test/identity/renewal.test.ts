import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { renewalMs } from '../../src/identity/renewal.ts'
import { SeededRandom } from '../support/random.ts'

const DAY_MS = 86_400_000
const SPAN = { fromMs: 0, toMs: 30 * DAY_MS }
const LOWEST = { bytes: (lengthBytes: number) => new Uint8Array(lengthBytes) }

test('renewal: is due at half of a certificate’s life at the earliest', () => {
  equal(renewalMs(SPAN, LOWEST), 15 * DAY_MS)
})

test('renewal: hosts that enrolled together renew over three days', () => {
  const random = new SeededRandom(1)
  const due = Array.from({ length: 1_000 }, () => renewalMs(SPAN, random) / DAY_MS)
  ok(Math.min(...due) < 15.1 && Math.max(...due) > 17.9 && Math.max(...due) < 18)
})
