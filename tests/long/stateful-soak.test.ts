/** Two million events over rules of every kind: what is remembered does not grow. */
import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Detector } from '@pomona/detect'
import { dice } from '../../packages/detect/test/dice.ts'
import { happen } from '../../packages/detect/test/stateful/rules.ts'
import { randomWorld, worldRules } from '../../packages/detect/test/stateful/world.ts'

const EVENTS = 2_000_000
const TURN = 10_000
const HOSTS = ['mac-1', 'mac-2', 'mac-3']
const LINEAGE_HOST_MAX = 500
/** Far beyond every window. */
const GAP_MS = 3_600_000

test(`soak: nothing grows over ${EVENTS} events once the windows are closed`, (context) => {
  const next = dice(2_718)
  const detector = new Detector(worldRules(), { lineageHostMax: LINEAGE_HOST_MAX })
  const states: number[] = []
  let fromMs = 0
  for (let done = 0; done < EVENTS; done += TURN) {
    for (const event of randomWorld(next, TURN, fromMs)) detector.process(event)
    fromMs += TURN * 400 + GAP_MS
    for (const host of HOSTS) detector.process(happen({ ms: fromMs, action: 'open', host }))
    detector.settle()
    const { rules, held } = detector.counts()
    const open = rules.filter((rule) => rule.open > 0).map(({ ruleId }) => ruleId)
    // Without a span nothing grows old: one partial a user and host stays.
    deepEqual(
      open.filter((id) => id !== 'open end'),
      [],
      `after ${done} events`,
    )
    deepEqual(held, 0)
    states.push(detector.checkpoint().length)
  }
  const { alerts, lineage, lineageEvicted } = detector.counts()
  context.diagnostic(`${alerts} alerts, state of ${states[0]} to ${states.at(-1)} characters`)
  ok(lineage <= LINEAGE_HOST_MAX * HOSTS.length && lineageEvicted > 0)
  const full = Math.max(...states.slice(0, 20))
  ok(Math.max(...states) < full * 1.2, `${full} characters grew to ${Math.max(...states)}`)
})
