import { deepEqual, ok } from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Detector } from '@pomona/detect'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRules, parseFieldMapping, RULE_PROBLEM_CODES, type RuleSet } from '@pomona/rules'
import { ROOT } from '../source-tree.ts'
import { dice, hostileEvent, hostileRules } from './hostile-rules.ts'

/** How many hostile rules meet how many events, and what they may cost. */
export interface HostileRun {
  readonly rules: number
  readonly events: number
  readonly seed: number
  readonly loadSecondsMax: number
  readonly eventsSecondsMax: number
  readonly heapBytesMax: number
}

const CODES: ReadonlySet<string> = new Set(RULE_PROBLEM_CODES)
const US_PER_S = 1e6

/** Seconds of processor time so far: other programs on the machine have no say. */
function busySeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / US_PER_S
}

/** Loads hostile rules and runs them: every document has its outcome, and all stays in bounds. */
export function survives(run: HostileRun, context: TestContext): void {
  const mapping = parseFieldMapping(
    readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
  )
  const sources = hostileRules(run.rules, run.seed)
  const startSeconds = busySeconds()
  const set = loadRules(sources, { mapping })
  const loadSeconds = busySeconds() - startSeconds
  explained(set)
  const loadedSeconds = busySeconds()
  const detector = new Detector(set.rules)
  const next = dice(run.seed)
  let alerts = 0
  for (let index = 0; index < run.events; index += 1) {
    // It has all that an event needs; the types of the rest do not matter here.
    alerts += detector.process(hostileEvent(index, next)).length
  }
  alerts += detector.settle().length
  const eventsSeconds = busySeconds() - loadedSeconds
  const { heapUsed } = process.memoryUsage()
  context.diagnostic(
    JSON.stringify({
      seed: run.seed,
      counts: set.counts,
      loadSeconds,
      eventsSeconds,
      alerts,
      heapMebibytes: Math.round(heapUsed / 1_048_576),
    }),
  )
  ok(loadSeconds < run.loadSecondsMax, `loaded in ${loadSeconds} s`)
  ok(eventsSeconds < run.eventsSecondsMax, `evaluated in ${eventsSeconds} s`)
  ok(heapUsed < run.heapBytesMax, `${heapUsed} bytes`)
}

function explained({ outcomes, counts }: RuleSet): void {
  const unexplained = outcomes.filter(({ state, problems }) => {
    const isSaid = state !== 'failed' || problems.some(({ code }) => code.startsWith('ERR_'))
    return !isSaid || problems.some(({ code, line }) => !CODES.has(code) || line < 1)
  })
  deepEqual(unexplained, [])
  for (const state of ['loaded', 'failed', 'applied'] as const) ok(counts[state] > 0, state)
}
