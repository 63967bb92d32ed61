/**
 * Every shipped rule: its folder is complete, it loads without a word, and it does what its lines
 * say.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Detector, Engine } from '@pomona/detect'
import { type Expression, loadRules, type Rule } from '@pomona/rules'
import { type EcsEvent, isTactic, problemsOf } from '@pomona/schema'
import { ROOT } from '../source-tree.ts'
import { ruleFolders, type RuleFolderTexts, shippedMapping } from './rule-folders.ts'

const folders = ruleFolders()
const mapping = shippedMapping()
const set = loadRules(
  folders.map(({ slug, rule }) => ({ path: slug, text: rule ?? '' })),
  { mapping },
)

// What correlations count tells nothing by itself: it has no analyst to explain itself to.
const told = set.rules.filter(({ silent }) => !silent)

function lines(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '')
}

test('content: at least two hundred rules ship', () => {
  ok(folders.length >= 200, `${folders.length} rules`)
})

test('content: every rule loads, can fire and draws no warning', () => {
  const problems = set.outcomes.flatMap(({ problems }) =>
    problems.map(({ path, line, code, message }) => `${path}:${line} ${code} ${message}`),
  )
  deepEqual(problems, [])
  const loaded = set.rules.length
  deepEqual(set.counts, { loaded, dead: 0, unsupported: 0, failed: 0, applied: 0 })
  deepEqual(
    told.map(({ path }) => path).toSorted(),
    folders.map(({ slug }) => slug),
    'each folder holds one rule that tells alerts',
  )
})

test('content: ids and titles of rules are unique', () => {
  for (const values of [set.rules.map(({ id }) => id), set.rules.map(({ name }) => name)]) {
    deepEqual(
      values.filter((value, index) => values.indexOf(value) !== index),
      [],
    )
  }
})

test('content: every rule tells an analyst who wrote it, why it matters and when it errs', () => {
  const wrong = told.flatMap((rule) => {
    const { path, author, status, description = '', references, falsePositives, response } = rule
    const isComplete =
      author === 'Pomona' &&
      (status === 'test' || status === 'stable' || status === 'experimental') &&
      description.length >= 80 &&
      references.every((reference) => reference.startsWith('https://')) &&
      references.length > 0 &&
      falsePositives.length > 0 &&
      response.length > 0
    return isComplete ? [] : [path]
  })
  deepEqual(wrong, [])
})

test('content: every rule names a tactic and a technique of ATT&CK', () => {
  const wrong = told.flatMap(({ path, tactics, techniques }) => {
    const isNamed = tactics.length > 0 && techniques.length > 0
    return isNamed && tactics.every(isTactic) ? [] : [path]
  })
  deepEqual(wrong, [])
})

for (const folder of folders) {
  test(`content: ${folder.slug} fires on its matches and stays silent on its near misses`, () => {
    checkFolder(folder)
  })
}

function checkFolder({ slug, rule, match, noMatch }: RuleFolderTexts): void {
  ok(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug), 'the folder is not named in kebab-case')
  ok(rule !== undefined, 'rule.yml is missing')
  ok(lines(match).length >= 2, 'match.jsonl needs two lines')
  ok(lines(noMatch).length >= 2, 'no-match.jsonl needs two lines')
  const { rules } = loadRules([{ path: slug, text: rule }], { mapping })
  for (const [index, line] of lines(match).entries()) {
    ok(alertsOf(rules, line) > 0, `line ${index + 1} of match.jsonl does not fire the rule`)
  }
  for (const [index, line] of lines(noMatch).entries()) {
    equal(alertsOf(rules, line), 0, `line ${index + 1} of no-match.jsonl fires the rule`)
  }
  // A line the gate refuses says nothing about the condition, so one has to come through.
  const gates = new Engine(rules.flatMap(gateRules))
  const events = lines(noMatch).flatMap(eventsOf)
  ok(
    events.some((event) => gates.match(event).length > 0),
    'no near miss reaches the condition',
  )
}

/** Alerts of a line: one event, or a stream of events in order of time. */
function alertsOf(rules: readonly Rule[], line: string): number {
  // An event alone may be cut down to what the rule asks for; a detector wants to know its place.
  if (line.startsWith('{')) return eventsOf(line).flatMap((event) => matches(rules, event)).length
  const detector = new Detector(rules)
  let alerts = 0
  for (const event of eventsOf(line)) {
    deepEqual(problemsOf(event), [], 'not an event as the field table describes it')
    alerts += detector.process(event).length
  }
  return alerts + detector.settle().length
}

function matches(rules: readonly Rule[], event: EcsEvent): readonly Rule[] {
  deepEqual(problemsOf(event), [], 'not an event as the field table describes it')
  return new Engine(rules).match(event)
}

function eventsOf(line: string): readonly EcsEvent[] {
  const value: unknown = JSON.parse(line)
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values as readonly EcsEvent[] // Held against the field table before they are used.
}

/** The rule without its conditions: only which events it is tried on. */
function gateRules(rule: Rule): readonly Rule[] {
  const { body } = rule
  if (body.kind === 'correlation') return []
  const filters = body.kind === 'event' ? [body] : body.steps.map(({ filter }) => filter)
  return filters.map(({ gate }, index) => {
    const expression = { kind: 'constant', value: true } as const
    return { ...rule, id: `${rule.id}-${index}`, body: { kind: 'event', gate, expression } }
  })
}

test('content: rules on several events and rules on descent ship in number', () => {
  const bodies = told.map(({ body }) => body)
  const several = bodies.filter(({ kind }) => kind !== 'event')
  const descent = bodies.filter((body) => body.kind === 'event' && asksLineage(body.expression))
  ok(several.length >= 50, `${several.length} sequences and correlations`)
  ok(descent.length >= 15, `${descent.length} rules on descent`)
})

function asksLineage(expression: Expression): boolean {
  if (expression.kind === 'not') return asksLineage(expression.operand)
  if (expression.kind === 'and' || expression.kind === 'or') {
    return expression.operands.some(asksLineage)
  }
  return expression.kind === 'lineage'
}

interface AttackTechnique {
  readonly id: string
  readonly tactics: readonly string[]
  readonly macos: boolean
}

const ATTACK = join(ROOT, '../shared/data/detection/attack/attack-enterprise-18.1-reduced.json')
const skip = existsSync(ATTACK) ? false : 'the ATT&CK data set is not beside the checkout'

test('content: techniques exist on macOS and belong to the tactics named', { skip }, () => {
  const data = JSON.parse(readFileSync(ATTACK, 'utf8')) as {
    readonly techniques: readonly AttackTechnique[] // The file's own form.
  }
  const known = new Map(data.techniques.map((technique) => [technique.id, technique]))
  const wrong: string[] = []
  for (const { path, techniques, tactics } of told) {
    const served = new Set<string>()
    for (const { id } of techniques) {
      const technique = known.get(id)
      if (technique?.macos !== true) wrong.push(`${path}: ${id} is no technique on macOS`)
      for (const tactic of technique?.tactics ?? []) served.add(tactic)
      const isShown = technique?.tactics.some((tactic) => tactics.includes(tactic))
      if (isShown === false) wrong.push(`${path}: no tactic of ${id} is named`)
    }
    for (const tactic of tactics) {
      if (!served.has(tactic)) wrong.push(`${path}: no technique serves ${tactic}`)
    }
  }
  deepEqual(wrong, [])
})

test('content: few rules are critical, so that the word keeps its meaning', () => {
  const critical = told.filter(({ severity }) => severity === 'critical')
  ok(critical.length * 20 <= told.length, `${critical.length} critical rules`)
})
