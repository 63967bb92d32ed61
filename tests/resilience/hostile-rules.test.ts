/** Rules written to exhaust the engine load or are refused, and bound memory and time. */
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { survives } from './hostile-load.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const MEBIBYTE = 1_048_576

test(`hostile rules: a thousand load or are refused within bounds, seed ${SEED}`, (context) => {
  survives(
    {
      rules: 1_000,
      events: 500,
      seed: SEED,
      loadSecondsMax: 20,
      eventsSecondsMax: 30,
      heapBytesMax: 1_500 * MEBIBYTE,
    },
    context,
  )
})
