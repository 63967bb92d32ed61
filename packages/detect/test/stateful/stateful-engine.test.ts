import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { CorrelationBody, Rule } from '@pomona/rules'
import type { Alert, EcsEvent, TenantId } from '@pomona/schema'
import { Detector, type DetectorOptions } from '../../src/index.ts'
import { type Happening, happen, eqlRule, ruleOf } from './rules.ts'

const DROP_AND_RUN = `sequence by process.entity_id with maxspan=10s
  [file where event.action == "create"] as drop
  [file where event.action == "rename" and file.name == drop.file.name]`
const OFFICE_SHELL = `process where event.action == "exec" and process.name == "sh" and
  descendant of [process where event.action == "exec" and process.name == "Word"]`

function run(rules: readonly Rule[], what: readonly Happening[], options?: DetectorOptions) {
  const detector = new Detector(rules, options)
  const alerts = what.flatMap((each) => detector.process(happen(each)))
  return { detector, alerts: [...alerts, ...detector.settle()] }
}

test('stateful: a sequence tells its events, processes, predicates by step, key and last time', () => {
  const { alerts, detector } = run(
    [eqlRule('drop', DROP_AND_RUN)],
    [
      { ms: 0, action: 'create', file: '/tmp/a', who: 'p7', parent: 'p1', user: 'eve' },
      { ms: 10, action: 'rename', file: '/tmp/b', who: 'p7', parent: 'p1' },
      { ms: 20, action: 'rename', file: '/usr/a', who: 'p7', parent: 'p1' },
    ],
  )
  equal(alerts.length, 1)
  const [alert] = alerts
  deepEqual(
    alert?.processes.map(({ entity_id: id }) => id),
    ['p7', 'p1'],
  )
  equal(alert?.events.length, 2)
  deepEqual(
    alert.matches.map(({ selection, field, value }) => [selection, field, value]),
    [
      ['drop', 'event.category', 'file'],
      ['drop', 'event.action', 'create'],
      ['step 2', 'event.category', 'file'],
      ['step 2', 'event.action', 'rename'],
      ['step 2', 'file.name, drop.file.name', 'a, a'],
    ],
  )
  deepEqual([alert.group_key, alert.host.name, alert.user?.name], ['p7', 'mac.local', 'eve'])
  ok(alert.time.endsWith('08:00:00.020Z'))
  const [counts] = detector.counts().rules
  deepEqual([counts?.matched, counts?.alerts, counts?.open], [1, 1, 0])
})

test('stateful: events out of order by less than the lateness are put in order', () => {
  const what: readonly Happening[] = [
    { ms: 1_500, action: 'rename', file: '/usr/a' },
    { ms: 0, action: 'create', file: '/tmp/a' },
  ]
  equal(run([eqlRule('drop', DROP_AND_RUN)], what).alerts.length, 1)
  const [rename, create] = what
  ok(rename !== undefined && create !== undefined)
  const tooLate = [rename, { ms: 3_500, action: 'open' }, create]
  const { alerts, detector } = run([eqlRule('drop', DROP_AND_RUN)], tooLate)
  deepEqual([alerts.length, detector.counts().late], [0, 1])
})

test('stateful: what comes of a process is found, through fork and exec, and only that', () => {
  const { alerts } = run(
    [eqlRule('office', OFFICE_SHELL)],
    [
      { ms: 0, action: 'exec', name: 'Word', who: 'p2', parent: 'p1', previous: 'p1' },
      { ms: 1, action: 'fork', name: 'Word', who: 'p3', parent: 'p2' },
      { ms: 2, action: 'exec', name: 'helper', who: 'p4', parent: 'p2', previous: 'p3' },
      { ms: 3, action: 'fork', name: 'helper', who: 'p5', parent: 'p4' },
      { ms: 4, action: 'exec', name: 'sh', who: 'p6', parent: 'p4', previous: 'p5' },
      { ms: 5, action: 'exec', name: 'sh', who: 'p8', parent: 'p1', previous: 'p9' },
    ],
  )
  deepEqual(
    alerts.map(({ processes }) => processes[0]?.entity_id),
    ['p6'],
  )
  const lineage = alerts[0]?.matches.find(({ operator }) => operator === 'descendant of')
  ok(lineage?.pattern.includes('Word'))
})

test('stateful: lineage in a negation, and inside a subject', () => {
  const outside = `process where event.action == "exec" and process.name == "sh" and
    not descendant of [process where process.name == "Word" and
      child of [process where process.name == "login"]]`
  const { alerts } = run(
    [eqlRule('outside', outside)],
    [
      { ms: 0, action: 'exec', name: 'login', who: 'p1' },
      { ms: 1, action: 'exec', name: 'Word', who: 'p2', parent: 'p1' },
      { ms: 2, action: 'exec', name: 'sh', who: 'p3', parent: 'p2' },
      { ms: 3, action: 'exec', name: 'Word', who: 'p4', parent: 'p9' },
      { ms: 4, action: 'exec', name: 'sh', who: 'p5', parent: 'p4' },
    ],
  )
  deepEqual(
    alerts.map(({ processes }) => processes[0]?.entity_id),
    ['p5'],
  )
})

test('stateful: a step may ask for descent and for an earlier step at once', () => {
  const query = `sequence with maxspan=1m
    [file where event.action == "create"] as drop
    [process where event.action == "exec" and process.name == drop.file.name and
      descendant of [process where process.name == "Word"]]`
  const { alerts } = run(
    [eqlRule('both', query)],
    [
      { ms: 0, action: 'exec', name: 'Word', who: 'p2', parent: 'p1' },
      { ms: 1, action: 'create', file: '/tmp/x', who: 'p2' },
      { ms: 2, action: 'exec', name: 'x', who: 'p3', parent: 'p1' },
      { ms: 3, action: 'exec', name: 'y', who: 'p4', parent: 'p2' },
      { ms: 4, action: 'exec', name: 'x', who: 'p5', parent: 'p2' },
    ],
  )
  deepEqual(
    alerts.map(({ processes }) => processes[0]?.entity_id),
    ['p5'],
  )
})

test('stateful: what must not come after is told when the time of the host has passed it', () => {
  const query = `sequence by process.entity_id with maxspan=5s
    [file where event.action == "create"] ![file where event.action == "close"]`
  const detector = new Detector([eqlRule('open', query)])
  deepEqual(detector.process(happen({ ms: 0, action: 'create', file: '/tmp/a' })), [])
  deepEqual(detector.process(happen({ ms: 9_000, action: 'create', host: 'other' })), [])
  deepEqual(detector.settle(), [])
  deepEqual(detector.process(happen({ ms: 7_000, action: 'open' })), [])
  const [alert] = detector.process(happen({ ms: 7_001, action: 'open' }))
  ok(alert?.time.endsWith('08:00:00.000Z'))
})

const ends: readonly (readonly [name: string, what: readonly Happening[], alerts: number])[] = [
  ['nothing came', [{ ms: 0, action: 'create', file: '/a' }], 1],
  [
    'it came in time',
    [
      { ms: 0, action: 'create', file: '/a' },
      { ms: 5_000, action: 'close', file: '/a' },
    ],
    0,
  ],
  [
    'it came too late',
    [
      { ms: 0, action: 'create', file: '/a' },
      { ms: 5_001, action: 'close', file: '/a' },
    ],
    1,
  ],
  [
    'it came out of order, in time',
    [
      { ms: 1_000, action: 'close', file: '/a' },
      { ms: 0, action: 'create', file: '/a' },
    ],
    0,
  ],
  ['nothing had to stay away', [{ ms: 0, action: 'close', file: '/a' }], 0],
]
for (const [name, what, alerts] of ends) {
  test(`stateful: at the end of all events a missing one counts as missing: ${name}`, () => {
    const query = `sequence by file.path with maxspan=5s
      [file where event.action == "create"] ![file where event.action == "close"]`
    const many = ruleOf('counted', {
      ...{ kind: 'correlation', type: 'event_count', groupBy: [], scope: 'host' },
      inputs: [{ ruleId: 'open', groupBy: [], values: [] }],
      ...{ spanMs: 60_000, bounds: [{ comparison: 'gte', value: 1 }] },
    })
    const detector = new Detector([eqlRule('open', query), many])
    for (const each of what) deepEqual(detector.process(happen(each)), [])
    deepEqual(
      detector.end().map(({ rule_id: id }) => id),
      alerts === 0 ? [] : ['open', 'counted'],
    )
    deepEqual(detector.end(), [])
    equal(detector.counts().alerts, 2 * alerts)
  })
}

test('stateful: hosts and tenants do not finish what another began', () => {
  const begin: Happening = { ms: 0, action: 'create', file: '/tmp/a' }
  const end: Happening = { ms: 1, action: 'rename', file: '/usr/a' }
  equal(run([eqlRule('drop', DROP_AND_RUN)], [begin, { ...end, host: 'other' }]).alerts.length, 0)
  const detector = new Detector([eqlRule('drop', DROP_AND_RUN)])
  detector.process(happen(begin))
  detector.process(happen(end), 'other' as TenantId) // A tenant's name as configuration has it.
  equal(detector.settle().length, 0)
})

function fleetRule(): Rule {
  const rule = eqlRule(
    'fleet',
    `sequence by user.name with maxspan=1m
    [file where event.action == "create"] [file where event.action == "rename"]`,
  )
  if (rule.body.kind !== 'sequence') throw new Error('a sequence is asked for')
  return { ...rule, body: { ...rule.body, scope: 'fleet' } }
}

test('stateful: a rule for the fleet follows a user from Mac to Mac, in order of time', () => {
  const { alerts } = run(
    [fleetRule()],
    [
      { ms: 5_000, action: 'rename', user: 'eve', host: 'second', file: '/b' },
      { ms: 0, action: 'create', user: 'eve', host: 'first', file: '/a' },
      { ms: 6_000, action: 'rename', user: 'bob', host: 'second', file: '/c' },
    ],
  )
  deepEqual(
    alerts.map(({ host, group_key: key }) => [host.id, key]),
    [['second', 'eve']],
  )
})

test('stateful: one clock that is ahead does not make the others late', () => {
  const far = 1_000 * 86_400_000
  const { alerts } = run(
    [fleetRule()],
    [
      { ms: 0, action: 'create', user: 'eve', host: 'first', file: '/a', ingestedMs: 1_000 },
      { ms: far, action: 'open', host: 'liar', ingestedMs: 2_000 },
      { ms: 1_500, action: 'rename', user: 'eve', host: 'second', file: '/b', ingestedMs: 2_500 },
    ],
  )
  equal(alerts.length, 1)
})

function countRule(parts: Partial<CorrelationBody> = {}): Rule {
  const key = { fields: ['process.entity_id'], written: 'process.entity_id', optional: false }
  return ruleOf('many', {
    kind: 'correlation',
    type: 'event_count',
    groupBy: ['process.entity_id'],
    inputs: [{ ruleId: 'delete', groupBy: [key], values: [] }],
    spanMs: 60_000,
    bounds: [{ comparison: 'gte', value: 3 }],
    scope: 'host',
    ...parts,
  })
}

const DELETE = eqlRule('delete', 'file where event.action == "unlink"', { silent: true })
const unlinks = (times: readonly number[]): readonly Happening[] =>
  times.map((ms) => ({ ms, action: 'unlink', file: `/home/${ms}`, who: 'p3' }))

test('stateful: a correlation counts the matches of a rule that tells nothing itself', () => {
  const { alerts, detector } = run([DELETE, countRule()], unlinks([0, 10, 20]))
  deepEqual(
    alerts.map(({ rule_id: id, events }) => [id, events.length]),
    [['many', 3]],
  )
  equal(alerts[0]?.group_key, 'p3')
  const { alertsDiscarded, rules } = detector.counts()
  equal(alertsDiscarded.silent, 3)
  deepEqual(
    rules.map(({ matched }) => matched),
    [3, 1],
  )
})

test('stateful: a correlation may count what a sequence or another correlation finds', () => {
  const twice = ruleOf('twice', {
    kind: 'correlation',
    type: 'temporal',
    groupBy: [],
    inputs: ['many', 'drop'].map((ruleId) => ({ ruleId, groupBy: [], values: [] })),
    spanMs: 60_000,
    bounds: [],
    scope: 'host',
  })
  const rules = [DELETE, countRule(), eqlRule('drop', DROP_AND_RUN), twice]
  const { alerts } = run(rules, [
    ...unlinks([0, 10, 20]),
    { ms: 30, action: 'create', file: '/tmp/a' },
    { ms: 40, action: 'rename', file: '/usr/a' },
  ])
  deepEqual(
    alerts.map(({ rule_id: id }) => id),
    ['many', 'drop', 'twice'],
  )
})

test('stateful: state is swept when its time has passed, also without further matches', () => {
  const rules = [
    DELETE,
    countRule(),
    eqlRule('drop', DROP_AND_RUN),
    eqlRule('office', OFFICE_SHELL),
  ]
  const { detector } = run(rules, [
    ...unlinks([0, 10]),
    { ms: 20, action: 'create', file: '/tmp/a' },
    { ms: 30, action: 'exec', name: 'Word', who: 'p4' },
    { ms: 40, action: 'exit', who: 'p4' },
    { ms: 300_000, action: 'open' },
  ])
  const { rules: counts, held, lineage } = detector.counts()
  deepEqual(
    counts.map(({ open, bytes }) => [open, bytes]),
    counts.map(() => [0, 0]),
  )
  deepEqual([held, lineage], [0, 0])
})

test('stateful: a rule that does too much is left out, for that host alone, and said so', () => {
  const busy = eqlRule(
    'busy',
    `sequence with maxspan=1h
    [file where event.action == "create"] ![file where event.action == "close"]`,
  )
  const options = { hostWorkMax: 20, ruleWorkMax: 100, workBlockEvents: 1_000 }
  const loud = Array.from({ length: 40 }, (_, ms) => ({ ms, action: 'create', file: `/${ms}` }))
  const { detector } = run(
    [busy, eqlRule('drop', DROP_AND_RUN)],
    [...loud, { ms: 50, action: 'create', file: '/tmp/a', host: 'calm' }],
    options,
  )
  const [first, second] = detector.counts().rules
  deepEqual([first?.open, first?.skipped, second?.skipped], [21, 20, 20])
  deepEqual(detector.takeNotices(), [
    { kind: 'rule_work_skipped', ruleId: 'busy', count: 20 },
    { kind: 'rule_work_skipped', ruleId: 'drop', count: 20 },
  ])
  deepEqual(detector.takeNotices(), [])
})

test('stateful: partials beyond the bytes go, those of the largest rule first', () => {
  const open = eqlRule(
    'open',
    `sequence by file.path with maxspan=1h
    [file where event.action == "create"] [file where event.action == "close"]`,
  )
  const rare = eqlRule(
    'rare',
    `sequence by file.path with maxspan=1h
    [file where event.action == "create" and file.name == "7"]
    [file where event.action == "close"]`,
  )
  const what = Array.from({ length: 3_000 }, (_, ms) => ({ ms, action: 'create', file: `/${ms}` }))
  const { detector } = run([open, rare], what, { partialsBytesMax: 500_000 })
  const [first, second] = detector.counts().rules
  ok((first?.evicted ?? 0) > 1_000 && (first?.bytes ?? 0) < 1_000_000)
  deepEqual([second?.open, second?.evicted], [1, 0])
  equal((first?.evicted ?? 0) + (first?.open ?? 0), 3_000)
})

function plain({ id, rule_id: rule, events }: Alert): readonly unknown[] {
  return [rule, id, events]
}

test('stateful: new rules begin anew, unchanged ones keep what they had', () => {
  const drop = eqlRule('drop', DROP_AND_RUN)
  const other = eqlRule('other', DROP_AND_RUN)
  const [create, rename] = [
    happen({ ms: 0, action: 'create', file: '/tmp/a' }),
    happen({ ms: 5_000, action: 'rename', file: '/usr/a' }),
  ]
  const before = new Detector([drop, other])
  before.process(create)
  const after = new Detector([{ ...other, version: 'changed' }, drop])
  // What was only held is evaluated by the rules as they are now.
  after.restore(before.checkpoint())
  const alerts = [...after.process(rename), ...after.settle()]
  deepEqual(
    alerts.map(plain).map(([rule]) => rule),
    ['drop', 'other'].toSorted().toReversed(),
  )
})

test('stateful: an unreadable time keeps an event from rules over several events only', () => {
  const event: EcsEvent = { ...happen({ ms: 0, action: 'create', file: '/a' }), '@timestamp': 'x' }
  const single = eqlRule('single', 'file where event.action == "create"')
  const detector = new Detector([eqlRule('drop', DROP_AND_RUN), single])
  equal(detector.process(event).length, 1)
  deepEqual([detector.counts().timeless, detector.counts().held], [1, 0])
})

test('stateful: sample and join are not for streams, and said to be so', () => {
  const sample = ruleOf('sample', { kind: 'sample', steps: [] })
  const { unsupported } = new Detector([sample])
  deepEqual(
    unsupported.map(({ ruleId }) => ruleId),
    ['sample'],
  )
})
