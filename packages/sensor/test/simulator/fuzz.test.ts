import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  EVENT_TYPES,
  HOST_DEFAULT,
  parseScenario,
  readLine,
  SensorError,
  simulate,
} from '@pomona/sensor'
import { eventVerb, VERBS } from '../../src/scenario/verbs.ts'
import { seededRandom } from '../prng.ts'

const SEED = 9_004
const VALUES: readonly unknown[] = [
  '/tmp/a',
  'zsh',
  'finder',
  'tccd',
  '',
  '${user}',
  '${uid}',
  'agent',
  'allowed',
  'SIGKILL',
  'new',
  'root',
  '__proto__',
  'constructor',
  0,
  1,
  -1,
  493,
  1e308,
  2 ** 53,
  1.5,
  true,
  false,
  null,
  [],
  ['a', 1],
  [[]],
  {},
  { a: { b: null } },
]

// Whatever a file may say: the simulator refuses it with its line, or what it writes is readable.
test(`simulator: any parameters give readable lines or a coded error (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  const verbs = new Map(Object.entries(VERBS))
  for (const { name } of EVENT_TYPES) {
    const verb = eventVerb(name)
    if (verb !== undefined && !verbs.has(name)) verbs.set(name, verb)
  }
  let played = 0
  for (const [name, verb] of verbs) {
    for (let round = 0; round < 12; round++) {
      const keys = verb.allowed.filter((key) => verb.required.includes(key) || random(3) === 0)
      const params = Object.fromEntries(keys.map((key) => [key, VALUES[random(VALUES.length)]]))
      const text = JSON.stringify({
        id: 'f',
        name: 'F',
        description: 'F',
        kind: 'benign',
        steps: [{ [name]: params }],
      })
      const read = parseScenario(text, { path: 'fuzz.yml' })
      if (!read.ok) continue
      try {
        for (const line of simulate({
          scenarios: [read.scenario],
          host: { ...HOST_DEFAULT, osVersion: '27.0' },
        })) {
          ok(readLine(line, 0).ok, line)
          played++
        }
      } catch (error) {
        ok(error instanceof SensorError, `${text}\n${String(error)}`)
      }
    }
  }
  ok(played > 100, String(played))
})
