import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { loadSigma, type Rule } from '@pomona/rules'
import type { EcsEvent, TenantId } from '@pomona/schema'
import { Detector, type DetectorOptions } from '../src/index.ts'
import { dice } from './dice.ts'
import { mapping, ruleText } from './sigma.ts'

const START_MS = Date.UTC(2026, 0, 2)

function rule(id: string, ending: string): Rule {
  const detection = `selection:\n  TargetFilename|endswith: '${ending}'\ncondition: selection`
  const text = ruleText(detection, '{ category: file_event, product: macos }')
  const source = { path: 'rule.yml', text: text.replace(/^id: .*$/m, `id: ${id}`) }
  const [outcome] = loadSigma(source, { mapping })
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return outcome.rule
}

const RULES = [rule('plist', '.plist'), rule('any', '')]

interface Write {
  /** Seconds after the start. */
  readonly at: number
  readonly path?: string
  readonly entity?: string
  readonly host?: string
  readonly action?: 'create' | 'close'
}

let sequence = 0

function write({ at, path = '/tmp/a.plist', entity = 'p7', host = 'h1', action }: Write): EcsEvent {
  sequence += 1
  const process = entity === '' ? { pid: 7 } : { pid: 7, entity_id: entity }
  return {
    '@timestamp': new Date(START_MS + at * 1_000).toISOString(),
    event: { id: `stream-${sequence}`, action: action ?? 'create' },
    host: { id: host },
    process,
    ...(path === '' ? {} : { file: { path } }),
    macos: { process: { pidversion: 70 }, file: { modified: true } },
  }
}

function told(writes: readonly Write[], options?: DetectorOptions): readonly number[] {
  const detector = new Detector([rule('plist', '.plist')], options)
  return writes.map((entry) => detector.process(write(entry)).length)
}

const cases: readonly (readonly [
  name: string,
  writes: readonly Write[],
  want: readonly number[],
  options?: DetectorOptions,
])[] = [
  ['create and then close are one', [{ at: 0 }, { at: 0, action: 'close' }], [1, 0]],
  ['just before the span is over', [{ at: 0 }, { at: 59.999 }], [1, 0]],
  ['exactly a span later it is told again', [{ at: 0 }, { at: 60 }], [1, 1]],
  [
    'repeats do not prolong the span',
    [{ at: 0 }, { at: 40 }, { at: 61 }, { at: 70 }],
    [1, 0, 1, 0],
  ],
  ['another file', [{ at: 0 }, { at: 0, path: '/tmp/b.plist' }], [1, 1]],
  ['another process image', [{ at: 0 }, { at: 0, entity: 'p8' }], [1, 1]],
  [
    'no process',
    [
      { at: 0, entity: '' },
      { at: 0, entity: '' },
    ],
    [1, 1],
  ],
  ['an event a little late', [{ at: 10 }, { at: 9 }], [1, 0]],
  ['a clock set back does not silence', [{ at: 1_000 }, { at: 0 }, { at: 1 }], [1, 1, 0]],
  [
    'the clock of another host has no say',
    [{ at: 0 }, { at: 900, host: 'h2' }, { at: 1 }],
    [1, 1, 0],
  ],
  ['another span', [{ at: 0 }, { at: 5 }], [1, 1], { repeatSpanMs: 5_000 }],
  ['no span, no filter', [{ at: 0 }, { at: 0 }], [1, 1], { repeatSpanMs: 0 }],
]

for (const [name, writes, want, options] of cases) {
  test(`repeats: ${name}`, () => deepEqual(told(writes, options), want))
}

test('repeats: an event without a path, and a time that is none, are never filtered', () => {
  const [anyFile] = [rule('any', '')]
  const bare = ruleText('selection:\n  pid: 7\ncondition: selection')
  const [outcome] = loadSigma(
    { path: 'r', text: bare.replace('pid:', 'process.pid:') },
    {
      mapping,
      purpose: 'evaluate',
    },
  )
  ok(outcome?.state === 'loaded' && anyFile !== undefined)
  const pathless = new Detector([outcome.rule])
  for (const at of [0, 0, 1]) equal(pathless.process(write({ at, path: '' })).length, 1)
  const timeless = new Detector([anyFile])
  for (let index = 0; index < 2; index += 1) {
    equal(timeless.process({ ...write({ at: 0 }), '@timestamp': 'soon' }).length, 1)
  }
})

test('repeats: are counted by rule, and every match is an alert or discarded', () => {
  const detector = new Detector(RULES)
  for (const entry of [
    { at: 0 },
    { at: 1 },
    { at: 2, path: '/tmp/x' },
    { at: 3, path: '/tmp/x' },
  ]) {
    detector.process(write(entry))
  }
  const { alerts, alertsDiscarded, received, evaluated, discarded, rules } = detector.counts()
  deepEqual([alerts, alertsDiscarded.repeated], [3, 3])
  deepEqual(
    rules.map(({ ruleId, matched, repeated }) => [ruleId, matched, repeated]),
    [
      ['plist', 2, 1],
      ['any', 4, 2],
    ],
  )
  deepEqual([received, evaluated, discarded], [4, 4, {}])
})

test('repeats: an event tried again is told, whatever is remembered of the first time', () => {
  const detector = new Detector(RULES)
  const event = write({ at: 0 })
  const first = detector.process(event)
  deepEqual(detector.process(event, undefined, true), first)
  equal(detector.process(write({ at: 1 })).length, 0)
})

test('repeats: tenants with hosts of one name do not silence each other', () => {
  const detector = new Detector(RULES)
  const other = 'other' as TenantId // A tenant's name as configuration would bring it.
  equal(detector.process(write({ at: 0 })).length, 2)
  equal(detector.process(write({ at: 0 }), other).length, 2)
})

test('repeats: what is remembered is bounded, the oldest is told again and counted', () => {
  const detector = new Detector([rule('plist', '.plist')], { repeatsMax: 2 })
  const paths = ['/a.plist', '/b.plist', '/c.plist', '/c.plist', '/a.plist']
  const alerts = paths.map((path) => detector.process(write({ at: 0, path })).length)
  deepEqual(alerts, [1, 1, 1, 0, 1])
  equal(detector.counts().repeatsForgotten, 2)
})

test('repeats: a checkpoint holds nothing that is over, and stays small for long paths', () => {
  const detector = new Detector([rule('plist', '.plist')])
  const bare = detector.checkpoint().length
  for (let at = 0; at < 500; at += 1) {
    detector.process(write({ at, path: `/${'x'.repeat(4_000)}${at}.plist` }))
  }
  const { repeats } = JSON.parse(detector.checkpoint())
  // A span, and what may still come out of order.
  equal(repeats[0][1].length, 62)
  ok(detector.checkpoint().length < bare + 60 * 80)
  // Any later event of the host, not only a finding, makes room.
  detector.process({ ...write({ at: 10_000 }), event: { id: 'stream-x', action: 'exec' } })
  deepEqual(JSON.parse(detector.checkpoint()).repeats, [])
})

test('repeats: cut anywhere and restored, alerts and state are those of an unbroken run', () => {
  const seed = 20_261_122
  const next = dice(seed)
  const events = Array.from({ length: 120 }, (_, index) => {
    const path = `/${next(3)}.plist`
    return write({ at: index * 7 - next(20), path, entity: `p${next(2)}`, host: `h${next(2)}` })
  })
  const options = { repeatsMax: 5 }
  const whole = new Detector(RULES, options)
  const expected = events.flatMap((event) => whole.process(event))
  const { alertsDiscarded, repeatsForgotten } = whole.counts()
  ok(alertsDiscarded.repeated > 0 && repeatsForgotten > 0, `seed ${seed}`)
  for (let cut = 0; cut <= events.length; cut += 1) {
    const before = new Detector(RULES, options)
    const alerts = events.slice(0, cut).flatMap((event) => before.process(event))
    const after = new Detector(RULES, options)
    after.restore(before.checkpoint())
    alerts.push(...events.slice(cut).flatMap((event) => after.process(event)))
    deepEqual(alerts, expected, `seed ${seed}, cut ${cut}`)
    equal(after.checkpoint(), whole.checkpoint(), `seed ${seed}, cut ${cut}`)
  }
})

test('repeats: a memory larger than what is allowed now is cut on restoring', () => {
  const before = new Detector(RULES)
  for (const path of ['/a.plist', '/b.plist', '/c.plist']) before.process(write({ at: 0, path }))
  const after = new Detector(RULES, { repeatsMax: 1 })
  after.restore(before.checkpoint())
  equal(JSON.parse(after.checkpoint()).repeats[0][1].length, 1)
})
