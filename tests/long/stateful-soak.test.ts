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
/** Far beyond every window. */
const GAP_MS = 3_600_000

test(`soak: nothing grows over ${EVENTS} events once the windows are closed`, (context) => {
  const next = dice(2_718)
  const detector = new Detector(worldRules())
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
  const half = states.length / 2
  const [early, late] = [Math.max(...states.slice(0, half)), Math.max(...states.slice(half))]
  const { alerts, lineage } = detector.counts()
  context.diagnostic(`${alerts} alerts, ${lineage} images, state of ${early}, ${late} characters`)
  // Counts and times have more digits with time, and the second half a few more images.
  ok(late < early * 1.1, `${early} characters grew to ${late}`)
})
