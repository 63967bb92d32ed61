import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { AlertPage, SEVERITIES, type Alert, type AlertQuery } from '@pomona/schema'
import { dice, type Dice } from '../seed.ts'
import { alert, at, commit, drivers, id, ids, NOW, query, QUEUE } from './drivers.ts'

const filters: readonly { name: string; parts: Record<string, unknown>; want: string[] }[] = [
  { name: 'no filter: newest first, ties by id', parts: {}, want: ['f', 'e', 'd', 'c', 'b', 'a'] },
  { name: 'severity', parts: { severity: ['low', 'critical'] }, want: ['e', 'a'] },
  { name: 'status', parts: { status: 'closed' }, want: [] },
  { name: 'host', parts: { host: 'mac-2' }, want: ['b'] },
  { name: 'rule', parts: { rule: ['rule-2', 'none'] }, want: ['c'] },
  {
    name: 'a parent technique finds its children, no cousins',
    parts: { technique: 'T1059' },
    want: ['d', 'c', 'b', 'a'],
  },
  {
    name: 'a child technique finds itself',
    parts: { technique: 'T1059.002' },
    want: ['c', 'b', 'a'],
  },
  {
    name: 'text in the host name, any case',
    parts: { q: 'ADA’S' },
    want: ['f', 'e', 'd', 'c', 'a'],
  },
  { name: 'text in the user name', parts: { q: 'ZOË' }, want: ['d'] },
  { name: 'text in the command line', parts: { q: '-e 1' }, want: ['e', 'd', 'c', 'b', 'a'] },
  { name: 'per cent is a character', parts: { q: '100%' }, want: ['c'] },
  { name: 'underscore is a character', parts: { q: 'f_i' }, want: ['c'] },
  { name: 'backslash is a character', parts: { q: '\\o/' }, want: ['c'] },
  { name: 'text after a NUL is found', parts: { q: 'byte' }, want: ['f'] },
  { name: 'from is inside', parts: { from: at(65) }, want: ['f', 'e'] },
  { name: 'to is outside', parts: { to: at(2) }, want: ['a'] },
  {
    name: 'times need not have nine digits',
    parts: { from: '2026-11-22T01:05:00Z' },
    want: ['f', 'e'],
  },
  {
    name: 'filters add up',
    parts: { q: 'osascript', host: 'mac-1', to: at(4) },
    want: ['d', 'c', 'a'],
  },
]

const renamed = [
  { technique: 'T1562', want: ['z', 'x'] },
  { technique: 'T1562.001', want: ['z', 'x'] },
  { technique: 'T1685', want: ['z', 'y', 'x'] },
  { technique: 'T1685.006', want: ['y'] },
]

for (const driver of drivers) {
  const title = (name: string): string => `records ${driver.name}: ${name}`

  for (const { name, parts, want } of filters) {
    test(title(`queue: ${name}`), async (context) => {
      const records = await driver.open(context)
      await commit(records, QUEUE)
      deepEqual(await ids(records, parts), want)
      await records.close()
    })
  }

  for (const { technique, want } of renamed) {
    test(title(`queue: ${technique} finds what the other ATT&CK calls it`), async (context) => {
      const records = await driver.open(context)
      await commit(records, [
        alert('x', { time: at(1), techniques: [{ id: 'T1562.001', tactics: [] }] }),
        alert('y', { time: at(2), techniques: [{ id: 'T1070.002', tactics: [] }] }),
        alert('z', { time: at(3), techniques: [{ id: 'T1685', tactics: [] }] }),
      ])
      deepEqual(await ids(records, { technique }), want)
      await records.close()
    })
  }

  test(title('queue: what cannot be asked is refused'), async (context) => {
    const records = await driver.open(context)
    for (const parts of [
      { from: 'yesterday' },
      { q: 'a\0b' },
      { cursor: 'x' },
      { cursor: 'W10' },
    ]) {
      await rejects(records.alerts(query(parts), NOW), { code: 'ERR_QUERY_INVALID' })
    }
    await records.close()
  })

  test(title('queue: facets leave out their own filter'), async (context) => {
    const records = await driver.open(context)
    await commit(records, QUEUE)
    const page = await records.alerts(query({ severity: 'low' }), NOW)
    equal(page.total, 1)
    deepEqual(page.facets.severity, [
      { value: 'critical', label: 'critical', count: 1 },
      { value: 'high', label: 'high', count: 4 },
      { value: 'low', label: 'low', count: 1 },
    ])
    deepEqual(page.facets.host, [{ value: 'mac-1', label: 'Ada’s Mac', count: 1 }])
    deepEqual(page.facets.technique, [{ value: 'T1059.002', label: 'T1059.002', count: 1 }])
    await records.close()
  })

  test(title('queue: the histogram counts the last 24 hours'), async (context) => {
    const records = await driver.open(context)
    await commit(records, [...QUEUE, alert('old', { time: '2026-11-21T10:59:59.999999999Z' })])
    const { histogram } = await records.alerts(query(), NOW)
    equal(histogram.length, 24)
    equal(histogram[0]?.from, '2026-11-21T11:00:00.000000000Z')
    equal(histogram[23]?.from, '2026-11-22T10:00:00.000000000Z')
    equal(
      histogram.reduce((sum, { count }) => sum + count, 0),
      6,
    )
    deepEqual(histogram[23]?.count, 1)
    await records.close()
  })
}

function randomAlert(roll: Dice, number: number): Alert {
  const host = roll.pick(['m1', 'm2', 'm3'])
  const rule = roll.pick(['r1', 'r2', 'r3'])
  return alert(`id${number}`, {
    time: at(roll.below(40), roll.below(3)),
    severity: roll.pick(SEVERITIES),
    rule_id: rule,
    rule_name: `Rule ${rule} ${roll.pick(['%', '_', '\\', 'x'])}`,
    host: { id: host, name: `Host ${host}` },
    techniques: [0, 1, 2]
      .filter(() => roll.below(2) === 1)
      .map(() => ({ id: roll.pick(['T1059', 'T1059.001', 'T1547', 'T1547.011']), tactics: [] })),
  })
}

function randomQuery(roll: Dice): AlertQuery {
  const maybe = <T>(value: () => T): T | undefined => (roll.below(3) === 0 ? value() : undefined)
  return query({
    severity: maybe(() => [roll.pick(SEVERITIES), roll.pick(SEVERITIES)]),
    status: maybe(() => roll.pick(['new', 'closed'])),
    host: maybe(() => roll.pick(['m1', 'm2'])),
    rule: maybe(() => roll.pick(['r1', 'r3'])),
    technique: maybe(() => roll.pick(['T1059', 'T1059.001', 'T1562'])),
    q: maybe(() => roll.pick(['%', '_', '\\', 'RULE R1', 'host m'])),
    from: maybe(() => at(roll.below(30))),
    to: maybe(() => at(10 + roll.below(30))),
    limit: 1 + roll.below(7),
  })
}

for (const seed of [3, 99, 20_261_122]) {
  test(`records: drivers agree on random queues, page by page, seed ${seed}`, async (context) => {
    const roll = dice(seed)
    const both = await Promise.all(drivers.map((driver) => driver.open(context)))
    const alerts = Array.from({ length: 80 }, (_, number) => randomAlert(roll, number))
    const closed = alerts.filter(() => roll.below(4) === 0).map((one) => id(one.id))
    for (const records of both) {
      await commit(records, alerts)
      await records.updateAlerts(closed, { status: 'closed' }, { actor: 'x', at: NOW })
    }
    for (let round = 0; round < 15; round++) {
      const asked = randomQuery(roll)
      const seen: string[] = []
      for (;;) {
        const [memory, sqlite] = await Promise.all(
          both.map((records) => records.alerts(asked, NOW)),
        )
        deepEqual(AlertPage.parse(sqlite), AlertPage.parse(memory), JSON.stringify(asked))
        seen.push(...(sqlite?.items.map((item) => item.id) ?? []))
        if (sqlite?.next_cursor === undefined) {
          equal(seen.length, sqlite?.total)
          equal(new Set(seen).size, seen.length)
          break
        }
        asked.cursor = sqlite.next_cursor
      }
    }
    await Promise.all(both.map((records) => records.close()))
  })
}
