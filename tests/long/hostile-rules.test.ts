/** Ten thousand hostile rules; the short form stands in tests/resilience/hostile-rules.test.ts. */
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { survives } from '../resilience/hostile-load.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const MEBIBYTE = 1_048_576

test(`hostile rules: ten thousand load or are refused within bounds, seed ${SEED}`, (context) => {
  survives(
    {
      rules: 10_000,
      events: 5_000,
      seed: SEED,
      loadSecondsMax: 120,
      eventsSecondsMax: 600,
      heapBytesMax: 3_000 * MEBIBYTE,
    },
    context,
  )
})
