import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventName, loadScenarios, readLine, simulate } from '@pomona/sensor'
import { glance } from '../../src/eslogger/glance.ts'

const CONTENT = join(import.meta.dirname, '../../../../content/scenarios')
const DATA = join(import.meta.dirname, '../../../../../shared/data/sensors')

const HEAD = '"time":"2026-03-02T08:30:00.000000000Z","seq_num":3,"global_seq_num":17'

function agrees(line: string): boolean {
  const seen = glance(line)
  if (seen === undefined) return false
  const read = readLine(line, 0)
  ok(read.ok, line)
  const { value } = read.record
  equal(seen.type, eventName(value))
  equal(seen.time, value['time'])
  equal(seen.number, value['seq_num'])
  equal(seen.globalNumber, value['global_seq_num'])
  return true
}

test('glance: says of every record of a simulation what the parser says', async () => {
  const { scenarios } = await loadScenarios(CONTENT)
  const background = scenarios.filter(({ kind }) => kind === 'benign')
  const attacks = scenarios.filter(({ kind }) => kind === 'attack')
  for (const osVersion of ['13.1', '15.6', '27.0']) {
    const host = { name: 'orchard', osVersion, users: [{ name: 'maya', uid: 501 }] }
    let sure = 0
    let all = 0
    for (const line of simulate({ scenarios: attacks, background, eventsMax: 2_000, host })) {
      all += 1
      if (agrees(line)) sure += 1
    }
    ok(sure > all * 0.99, `${sure} of ${all} on macOS ${osVersion}`)
  }
})

for (const path of [
  'scratchingpost/real_tahoe_capture.jsonl',
  'eslogger/mullvad_real_v9_v10_v11.jsonl',
]) {
  const file = join(DATA, path)
  const skip = existsSync(file) ? false : `${path} is not here`
  test(`glance: says of the records in ${path} what the parser says`, { skip }, () => {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    equal(lines.filter(agrees).length, lines.length)
  })
}

const unsure = [
  {
    name: 'an argument that reads like the key',
    line: `{${HEAD},"event":{"exec":{"args":["event"]}}}`,
  },
  {
    name: 'a key of entitlements',
    line: `{${HEAD},"event":{"exec":{"entitlements":{"event":{"fork":{}}}}}}`,
  },
  { name: 'a second time', line: `{${HEAD},"event":{"exec":{"entitlements":{"time":"x"}}}}` },
  { name: 'blanks between its parts', line: `{${HEAD}, "event": {"exec": {}}}` },
  { name: 'an event that is no object', line: `{${HEAD},"event":"exec"}` },
  { name: 'an empty event', line: `{${HEAD},"event":{}}` },
  { name: 'no event', line: `{${HEAD}}` },
  { name: 'a name with an escape', line: `{${HEAD},"event":{"ex\\u0065c":{}}}` },
  { name: 'a number that is none', line: `{${HEAD.replace(':17', ':"17"')},"event":{"exec":{}}}` },
  {
    name: 'a number with an exponent',
    line: `{${HEAD.replace(':17', ':1e3')},"event":{"exec":{}}}`,
  },
  {
    name: 'a number beyond 2^53',
    line: `{${HEAD.replace(':17', ':99999999999999999')},"event":{"exec":{}}}`,
  },
  { name: 'nothing at all', line: '' },
]
for (const { name, line } of unsure) {
  test(`glance: is not sure of a line with ${name}`, () => equal(glance(line), undefined))
}

test('glance: what stands inside a text with its quotes escaped misleads nobody', () => {
  const trap = JSON.stringify('"event":{"fork":{}},"seq_num":99,"global_seq_num":99,"time":"x"')
  const line = `{${HEAD},"event":{"exec":{"args":[${trap}]}}}`
  deepEqual(glance(line), {
    type: 'exec',
    time: '2026-03-02T08:30:00.000000000Z',
    number: 3,
    globalNumber: 17,
  })
})
