/** What is said of mutes against what they do: scenarios are replayed without what is muted. */
import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { blindness } from '@pomona/detect'
import { Draws, firings, mutesFrom, recordsOf } from './drawn-mutes.ts'
import { shippedRules } from './rule-folders.ts'
import { shippedScenarios } from './simulated-alerts.ts'

const MUTES = Number(process.env['POMONA_TEST_MUTES'] ?? 30)
const seed = Number(process.env['POMONA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const rules = shippedRules()

test('mutes: every rule that fires less often was named, and blinded ones do not fire', async (context) => {
  const draws = new Draws(seed)
  const scenarios = await shippedScenarios('attacks')
  const played = scenarios.map((scenario) => {
    const records = recordsOf(scenario, 'mutes')
    return { id: scenario.id, records, before: firings(rules, records, []) }
  })
  const wrong: unknown[] = []
  let [quieter, named, blinded, context_lost] = [0, 0, 0, 0]
  for (let turn = 0; turn < MUTES; turn += 1) {
    const { id, records, before } = draws.one(played)
    const mute = mutesFrom(draws, records)
    const after = firings(rules, records, [mute])
    const said = new Map(blindness(rules, [mute]).map(({ rule, effect }) => [rule.id, effect]))
    for (const effect of said.values()) {
      named += effect === 'may_be_blinded' ? 1 : 0
      blinded += effect === 'blinded' ? 1 : 0
      context_lost += effect === 'loses_context' ? 1 : 0
    }
    for (const [rule, count] of before) {
      const left = after.get(rule) ?? 0
      if (left < count) quieter += 1
      if (left < count && !said.has(rule)) wrong.push({ id, mute, rule, count, left })
    }
    for (const [rule, effect] of said) {
      if (effect === 'blinded' && after.has(rule)) wrong.push({ id, mute, rule, effect })
    }
  }
  context.diagnostic(
    `seed ${seed}: ${MUTES} mutes; ${quieter} times a rule fired less often; of ${rules.length} ` +
      `rules a mute named ${(named / MUTES).toFixed(1)} that may be blinded, ` +
      `${(blinded / MUTES).toFixed(1)} that are, ${(context_lost / MUTES).toFixed(1)} that lose context`,
  )
  deepEqual(wrong, [])
  ok(quieter > 0, 'the mutes drawn did nothing: the test says nothing')
})
