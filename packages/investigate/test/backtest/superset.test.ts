import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Engine } from '@pomona/detect'
import { type EventBody, loadRules, loadSigma, parseFieldMapping, type Rule } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { conditionTest, type EventStore, openChdbEventStore } from '@pomona/store'
import { type Superset, supersetOf } from '../../src/index.ts'
import { type Dice, dice } from '../dice.ts'
import { simulatedEvents } from '../simulated.ts'
import { ROOT, shippedMapping, shippedRules } from '../shipped.ts'

const MAPPING = parseFieldMapping(
  'name: none\nproducts: [macos]\nfields: {}\nprefixes: {}\nabsent: {}\nvalues: {}\ncategories: {}\n',
)

const TEXTS = [
  '/usr/bin/osascript',
  '/USR/BIN/curl',
  'osascrİpt',
  'osascript',
  'K',
  'k',
  'K',
  'ς',
  'σ',
  '日本',
  "a'b",
  'a\\b',
  '100%_',
  'x\ny',
  '10.1.2.3',
  '0x17',
  '23',
  'true',
  '\ud800',
  '',
]
const FIELDS = [
  'process.executable',
  'process.args',
  'process.pid',
  'process.interactive',
  'process.parent',
  'file.path',
  'file.size',
  'source.ip',
  'event.action',
  'event.category',
  'process.start',
  'no.such.field',
  'process.parent.name',
]
const MODIFIERS = [
  ...['', '|contains', '|startswith', '|endswith', '|cased', '|contains|cased', '|re', '|cidr'],
  ...['|exists', '|neq', '|lt', '|gte', '|fieldref', '|fieldref|endswith', '|windash|contains'],
  ...['|base64offset|contains', '|hour', '|contains|all'],
]
const RULE_VALUES = [
  ...["'*osascript'", "'*'", "'/usr/*/cu?l'", "'osascrİpt'", "'OSASCRIPT'", "'k'", "'K'", "'σ'"],
  ...[
    "'日*'",
    "'a''b'",
    "'a\\\\b'",
    "'%_'",
    '23',
    "'23'",
    'true',
    'false',
    'null',
    "''",
    "'10.0.0.0/8'",
  ],
  ...["'process.executable'", "'(?i)osa'", "'exec'", '4.5', '[a, k]'],
]
const CONDITIONS = ['s', 'not s', 's and t', 's or t', 's and not t', 'not (s or t)', '1 of them']

function pick<Item>(items: readonly Item[], next: Dice): Item {
  const item = items[next(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function randomRules(next: Dice, count: number): readonly Rule[] {
  return Array.from({ length: count }, (_, index) => {
    const item = (): string =>
      `    '${pick(FIELDS, next)}${pick(MODIFIERS, next)}': ${pick(RULE_VALUES, next)}`
    const text = [
      `title: r${index}\nid: 00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      'logsource: {product: macos}\ndetection:',
      `  s:\n${item()}\n  t:\n${item()}\n  condition: ${pick(CONDITIONS, next)}`,
    ].join('\n')
    const [outcome] = loadSigma(
      { path: 'rule.yml', text },
      { mapping: MAPPING, fields: 'raw', purpose: 'evaluate' },
    )
    return outcome?.state === 'loaded' ? outcome.rule : undefined
  }).filter((rule) => rule !== undefined)
}

function maybe<Value>(next: Dice, value: Value): Value | undefined {
  return next(3) === 0 ? undefined : value
}

function randomEvent(next: Dice, index: number): EcsEvent {
  const text = (): string => pick(TEXTS, next) + (next(2) === 0 ? '' : pick(TEXTS, next))
  const event = {
    '@timestamp': `2026-11-22T09:00:${String(next(60)).padStart(2, '0')}.000000000Z`,
    event: {
      id: `stream-${index}`,
      action: maybe(next, pick(['exec', 'open', 'EXEC'], next)),
      category: maybe(next, [pick(['process', 'file'], next)]),
    },
    host: { id: `mac-${next(2)}` },
    process: {
      executable: maybe(next, text()),
      args: maybe(next, next(5) === 0 ? [] : [text(), text()]),
      pid: maybe(next, next(4) === 0 ? '23' : next(30)),
      interactive: maybe(next, next(5) === 0 ? 'true' : next(2) === 0),
      start: maybe(next, '2026-11-22T09:00:00.000000000Z'),
      parent: maybe(next, next(4) === 0 ? 'odd' : { name: maybe(next, text()) }),
    },
    file: { path: maybe(next, text()), size: maybe(next, pick([23, 4.5, -0, '23'], next)) },
    source: { ip: maybe(next, pick(['10.1.2.3', '::1'], next)) },
    no: maybe(next, next(4) === 0 ? { such: { field: text() } } : undefined),
  }
  return JSON.parse(JSON.stringify(event)) as EcsEvent // Shaped like one; hostile on purpose.
}

/** Ids of the events that a store gives for a superset. */
async function stored(store: EventStore, { condition }: Superset): Promise<Set<string>> {
  const ids = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await store.scan({
      condition,
      limit: 10_000,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { event } of page.events) ids.add(event?.id ?? '')
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}

const directory = mkdtempSync(join(tmpdir(), 'pomona-superset-'))
const store = await openChdbEventStore({ directory, memoryBytesMax: 1024 * 1024 * 1024 })
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

for (const seed of [7, 1_122]) {
  test(`superset: holds every event a random rule matches, seed ${seed}`, async (t) => {
    const next = dice(seed)
    const events = Array.from({ length: 1_500 }, (_, index) => randomEvent(next, index))
    await store.reset()
    await store.insert({ token: `random-${seed}`, events })
    const rules = randomRules(next, 800)
    ok(rules.length > 200, `${rules.length} rules loaded`)
    let pairs = 0
    let matches = 0
    let kept = 0
    for (const [index, rule] of rules.entries()) {
      const superset = supersetOf([rule])
      const engine = new Engine([rule])
      const passes = conditionTest(superset.condition)
      // The engine of the store is asked of some: each question takes it a while.
      const found = index % 20 === 0 ? await stored(store, superset) : undefined
      for (const event of events) {
        pairs += 1
        const isKept = passes(event)
        if (isKept) kept += 1
        if (found !== undefined) equal(found.has(event.event?.id ?? ''), isKept)
        if (engine.match(event).length === 0) continue
        matches += 1
        ok(isKept, `seed ${seed}: ${rule.source} matches ${JSON.stringify(event)}`)
      }
    }
    ok(matches > 1_000, `${matches} matches`)
    ok(kept < pairs, 'nothing was left out')
    t.diagnostic(`${pairs} pairs, ${matches} matches, ${kept} kept`)
  })
}

// Rules that ask for ancestors need the beginning and end of every process.
const SETS = [
  { name: 'on single events', rules: onSingleEvents(shippedRules()), shareMax: 0.5 },
  { name: 'of all kinds', rules: shippedRules(), shareMax: 0.95 },
]
for (const { name, rules, shareMax } of SETS) {
  test(`superset: of the shipped rules ${name}, on what simulated Macs say`, async (t) => {
    const events = await simulatedEvents({ seed: 'superset', eventsMax: 20_000 })
    await store.reset()
    await store.insert({ token: 'simulated', events })
    const superset = supersetOf(rules)
    equal(superset.widened, 0)
    const found = await stored(store, superset)
    const engine = new Engine(rules)
    const missed = events.filter(
      (event) => engine.match(event).length > 0 && !found.has(event.event?.id ?? ''),
    )
    deepEqual(missed, [])
    ok(found.size <= events.length * shareMax, `${found.size} of ${events.length}`)
    t.diagnostic(`${found.size} candidates of ${events.length} events for ${rules.length} rules`)
  })
}

function onSingleEvents(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(({ body, silent }) => {
    return body.kind === 'event' && !silent && !JSON.stringify(body).includes('"lineage"')
  })
}

test('superset: what is too much to ask for is asked for by kinds of events', async () => {
  const rules = shippedRules()
  const superset = supersetOf(rules, 100)
  ok(superset.widened > 0)
  const engine = new Engine(rules)
  const passes = conditionTest(superset.condition)
  const events = await simulatedEvents({ seed: 'wide', eventsMax: 3_000 })
  const matched = events.filter((event) => engine.match(event).length > 0)
  ok(matched.length > 0)
  deepEqual(
    matched.filter((event) => !passes(event)),
    [],
  )
})

const ELASTIC = join(ROOT, '../shared/data/detection/elastic')
const skip = existsSync(ELASTIC) ? false : 'Elastic’s rules are not beside the checkout'

test(
  'superset: of every step of Elastic’s rules, on what simulated Macs say',
  { skip },
  async (t) => {
    const sources = globSync(join(ELASTIC, '**/*.toml')).map((path) => {
      return { path, text: readFileSync(path, 'utf8') }
    })
    const { rules, outcomes } = loadRules(sources, { mapping: shippedMapping() })
    const all = [...rules, ...outcomes.flatMap((one) => (one.state === 'dead' ? [one.rule] : []))]
    const filters = all.flatMap((rule) => stepsOf(rule).map((body) => ({ ...rule, body })))
    ok(filters.length > 300, `${filters.length} filters`)
    const events = await simulatedEvents({ seed: 'elastic', eventsMax: 8_000 })
    let matches = 0
    for (const filter of filters) {
      const engine = new Engine([filter])
      const passes = conditionTest(supersetOf([filter]).condition)
      for (const event of events) {
        if (engine.match(event).length === 0) continue
        matches += 1
        ok(passes(event), `${filter.path} matches ${JSON.stringify(event)}`)
      }
    }
    ok(matches > 100, `${matches} matches`)
    t.diagnostic(`${filters.length} filters of ${all.length} rules, ${matches} matches`)
  },
)

/** What a rule asks of single events, each as a rule of its own. */
function stepsOf({ body }: Rule): readonly EventBody[] {
  if (body.kind === 'event') return [body]
  if (body.kind === 'correlation') return []
  const steps = body.until === undefined ? body.steps : [...body.steps, body.until]
  return steps.map(({ filter }) => ({ kind: 'event', ...filter }))
}
