import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { loadSigma, type Rule } from '@pomona/rules'
import { Alert, type EcsEvent, type TenantId } from '@pomona/schema'
import { DetectError, Detector } from '../src/index.ts'
import { mapping, ruleText } from './sigma.ts'

const TAGS = 'tags: [attack.execution, attack.defense-impairment, attack.t1059.002]\n'
const DETECTION = "selection:\n  Image|endswith: '/osascript'\ncondition: selection"

function rules(text = TAGS): readonly Rule[] {
  const source = text + ruleText(DETECTION, '{ category: process_creation, product: macos }')
  const [outcome] = loadSigma({ path: 'rule.yml', text: source }, { mapping })
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return [outcome.rule]
}

function exec(sequence: number, executable = '/usr/bin/osascript'): EcsEvent {
  return {
    '@timestamp': `2026-01-02T03:04:05.00000000${sequence % 10}Z`,
    event: { id: `stream-${sequence}`, action: 'exec' },
    host: { id: 'host-1', name: 'mac' },
    user: { id: '501' },
    process: {
      pid: 7,
      entity_id: 'p7',
      executable,
      parent: { pid: 1, entity_id: 'p1', executable: '/sbin/launchd' },
    },
    macos: { process: { pidversion: 70 }, parent: { pidversion: 10 } },
  }
}

test('detector: an alert says what fired, on what, and why', () => {
  const [rule] = rules()
  const [alert] = new Detector(rules()).process(exec(3))
  ok(rule !== undefined && alert !== undefined)
  deepEqual(Alert.parse(alert), alert)
  const { id, ...rest } = alert
  equal(id.length, 32)
  deepEqual(rest, {
    rule_id: rule.id,
    rule_name: 'Test',
    rule_version: rule.version,
    severity: 'high',
    risk_score: 73,
    attack_version: '19',
    techniques: [{ id: 'T1059.002', tactics: ['execution', 'defense-impairment'] }],
    tactics: ['execution', 'defense-impairment'],
    time: '2026-01-02T03:04:05.000000003Z',
    tenant_id: 'default',
    host: { id: 'host-1', name: 'mac' },
    user: { id: '501' },
    processes: [
      { pid: 7, pidversion: 70, entity_id: 'p7', executable: '/usr/bin/osascript' },
      { pid: 1, pidversion: 10, entity_id: 'p1', executable: '/sbin/launchd' },
    ],
    events: ['stream-3'],
    matches: [
      {
        event_id: 'stream-3',
        selection: 'selection',
        field: 'process.executable',
        operator: 'endswith',
        pattern: '/osascript',
        value: '/usr/bin/osascript',
      },
    ],
    group_key: 'host-1',
  })
})

test('detector: the same event gives the same id, another event, tenant or rule another', () => {
  const idOf = (event: EcsEvent, tenant?: TenantId): string | undefined =>
    new Detector(rules()).process(event, tenant)[0]?.id
  equal(idOf(exec(1)), idOf(exec(1)))
  const changed = new Detector(rules('risk_score: 12\n')).process(exec(1))[0]
  const other = 'other' as TenantId // A tenant's name as configuration would bring it.
  const ids = [idOf(exec(1)), idOf(exec(2)), idOf(exec(1), other), changed?.id]
  equal(new Set(ids).size, 4)
})

test('detector: what lacks its identity is discarded with a reason, and nothing is lost', () => {
  const detector = new Detector(rules(), { samplesMax: 3 })
  const broken: readonly unknown[] = [
    null,
    'text',
    [],
    {},
    { event: { id: 7 } },
    { event: { id: 'a-1' } },
    { event: { id: 'a-2' }, '@timestamp': '2026-01-01T00:00:00.000000000Z' },
  ]
  // The type forbids these; the log may hold them all the same.
  for (const event of broken) deepEqual(detector.process(event as EcsEvent), [])
  equal(detector.process(exec(1)).length, 1)
  const { received, evaluated, discarded } = detector.counts()
  deepEqual(discarded, {
    not_an_object: 3,
    event_id_missing: 2,
    timestamp_missing: 1,
    host_id_missing: 1,
  })
  equal(received, evaluated + Object.values(discarded).reduce((sum, count) => sum + count, 0))
  deepEqual(detector.samples(), [
    { reason: 'event_id_missing' },
    { reason: 'timestamp_missing', eventId: 'a-1' },
    { reason: 'host_id_missing', eventId: 'a-2' },
  ])
})

test('detector: long values are cut and matches bounded', () => {
  const [alert] = new Detector(rules(), { valueCharsMax: 12 }).process(exec(1))
  equal(alert?.matches[0]?.value, '/usr/bin/osa…')
})

test('detector: repeated events give the same alerts and are counted', () => {
  const detector = new Detector(rules())
  const first = detector.process(exec(5))
  deepEqual(detector.process(exec(5)), first)
  detector.process(exec(4))
  detector.process(exec(6))
  equal(detector.counts().behindMark, 2)
})

test('detector: streams are bounded and the forgotten counted', () => {
  const detector = new Detector(rules(), { streamsMax: 2 })
  for (const stream of ['a', 'b', 'a', 'c']) {
    detector.process({ ...exec(1), event: { id: `${stream}-1`, action: 'exec' } })
  }
  equal(detector.counts().streamsForgotten, 1)
  const { streams } = JSON.parse(detector.checkpoint())
  deepEqual(streams, [
    ['a', 1],
    ['c', 1],
  ])
})

test('detector: cut anywhere and restored, alerts and counts are those of an unbroken run', () => {
  const events = Array.from({ length: 40 }, (_, index) => {
    return exec(index, index % 3 === 0 ? '/usr/bin/osascript' : '/bin/sh')
  })
  const whole = new Detector(rules())
  const expected = events.flatMap((event) => whole.process(event))
  ok(expected.length > 0)
  for (let cut = 0; cut <= events.length; cut += 1) {
    const before = new Detector(rules())
    const alerts = events.slice(0, cut).flatMap((event) => before.process(event))
    const after = new Detector(rules())
    after.restore(before.checkpoint())
    alerts.push(...events.slice(cut).flatMap((event) => after.process(event)))
    deepEqual(alerts, expected)
    deepEqual(after.counts(), whole.counts())
    equal(after.checkpoint(), whole.checkpoint())
  }
})

test('detector: counts of rules that are gone are dropped on restoring', () => {
  const before = new Detector(rules())
  before.process(exec(1))
  const after = new Detector([])
  after.restore(before.checkpoint())
  deepEqual(after.counts().rules, [])
  equal(after.counts().alerts, 1)
})

const CHECKPOINTS: readonly (readonly [name: string, text: string, code: DetectError['code']])[] = [
  ['no JSON', '{', 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['null', 'null', 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['another program', '{"format":"x","version":1}', 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['a later version', '{"format":"pomona-detector","version":4}', 'ERR_DETECT_CHECKPOINT_VERSION'],
  ['no counts', '{"format":"pomona-detector","version":3}', 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['no streams', altered({ streams: undefined }), 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['no findings', altered({ repeats: undefined }), 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['no hours', altered({ flood: undefined }), 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['half an engine', altered({ stateful: { hosts: {} } }), 'ERR_DETECT_CHECKPOINT_FORMAT'],
  ['odd findings', altered({ repeats: [['h', [['k', 'soon']]]] }), 'ERR_DETECT_CHECKPOINT_FORMAT'],
]

/** A good state with something else in place of a part. */
function altered(parts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...JSON.parse(new Detector([]).checkpoint()), ...parts })
}

for (const [name, text, code] of CHECKPOINTS) {
  test(`detector: a saved state with ${name} is refused and changes nothing`, () => {
    const detector = new Detector(rules())
    detector.process(exec(1))
    const before = detector.checkpoint()
    throws(
      () => detector.restore(text),
      (error) => error instanceof DetectError && error.code === code,
    )
    equal(detector.checkpoint(), before)
  })
}
