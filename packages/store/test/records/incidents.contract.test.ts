import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Incident,
  type IncidentChange,
  IncidentPage,
  IncidentQuery,
  SEVERITIES,
} from '@pomona/schema'
import type { Records } from '../../src/index.ts'
import { dice, type Dice } from '../seed.ts'
import { alert, at, drivers, id, NOW, query, TENANT } from './drivers.ts'

const LATER = at(700)

function incident(name: string, parts: Partial<Incident> = {}): Incident {
  return {
    id: name,
    tenant_id: TENANT,
    name: `Incident ${name}`,
    activity: 'suspicious',
    severity: 'high',
    risk_score: 73,
    host: { id: 'mac-1', name: 'Ada’s Mac' },
    users: ['ada'],
    tactics: ['execution'],
    techniques: ['T1059'],
    rules: ['rule-1'],
    first_time: at(10),
    last_time: at(10),
    alert_count: 1,
    ...parts,
  }
}

interface Told extends Partial<Incident> {
  readonly alerts?: readonly string[]
  readonly merged?: readonly string[]
}

function change(name: string, { alerts = [], merged = [], ...parts }: Told = {}): IncidentChange {
  const joins = alerts.map((alertId) => {
    return { alert_id: alertId, kind: 'first' as const, because: `${alertId} did.` }
  })
  return { incident: incident(name, parts), joins, merged }
}

async function commit(
  records: Records,
  changes: readonly IncidentChange[],
  { alerts = [], storedAt = NOW }: { alerts?: readonly string[]; storedAt?: string } = {},
) {
  return await records.commit({
    alerts: alerts.map((name) => alert(name, { time: at(Number(name.slice(1))) })),
    incidents: changes,
    checkpoint: { consumer: 'engine', offset: 1, state: '' },
    storedAt,
  })
}

const asked = (parts: Record<string, unknown> = {}): IncidentQuery => IncidentQuery.parse(parts)
const BY = { actor: 'ada', at: at(20) }

for (const driver of drivers) {
  const title = (name: string): string => `incidents ${driver.name}: ${name}`

  test(title('alerts and their incident come together'), async (context) => {
    const records = await driver.open(context)
    const told = change('i', { alerts: ['a2', 'a1'] })
    const { alerts, incidents } = await commit(records, [told], { alerts: ['a1', 'a2'] })
    const stored = { ...incident('i'), status: 'new', created: NOW, updated: NOW }
    deepEqual(incidents, [stored])
    deepEqual(
      alerts.map((record) => [record.id, record.incident_id]),
      [
        ['a1', 'i'],
        ['a2', 'i'],
      ],
    )
    equal((await records.alert(id('a1')))?.incident_id, 'i')
    equal((await records.alerts(query(), NOW)).items[0]?.incident_id, 'i')
    deepEqual(
      (await records.incidentAlerts('i', 9)).map(({ alert: one, join }) => [one.id, join.because]),
      [
        ['a1', 'a1 did.'],
        ['a2', 'a2 did.'],
      ],
    )
    equal((await records.incidentAlerts('i', 1)).length, 1)
    deepEqual(await records.incident('i'), stored)
    equal(await records.incident('none'), undefined)
    deepEqual(await records.incidentAlerts('none', 9), [])
    await records.close()
  })

  test(title('told again, it stays what it is and keeps what people decided'), async (context) => {
    const records = await driver.open(context)
    const told = change('i', { alerts: ['a1'] })
    await commit(records, [told], { alerts: ['a1'] })
    await records.updateIncidents(['i'], { status: 'closed', verdict: 'true_positive' }, BY)
    const { incidents } = await commit(records, [told], { alerts: ['a1'], storedAt: LATER })
    deepEqual(
      incidents.map(({ status, verdict, updated }) => [status, verdict, updated]),
      [['closed', 'true_positive', at(20)]],
    )
    await records.close()
  })

  const reopening = [
    { name: 'a new alert opens it again', update: { status: 'closed' }, want: 'new' },
    {
      name: 'a new alert opens what was a true positive again',
      update: { status: 'closed', verdict: 'true_positive' },
      want: 'new',
    },
    {
      name: 'what people found harmless stays closed',
      update: { status: 'closed', verdict: 'benign_positive' },
      want: 'closed',
    },
    {
      name: 'what people found harmless opens again when it gets worse',
      update: { status: 'closed', verdict: 'false_positive' },
      severity: 'critical',
      want: 'new',
    },
    { name: 'work in progress goes on', update: { status: 'in_progress' }, want: 'in_progress' },
  ] as const
  for (const { name, update, want, ...rest } of reopening) {
    test(title(name), async (context) => {
      const records = await driver.open(context)
      await commit(records, [change('i', { alerts: ['a1'] })], { alerts: ['a1'] })
      await records.updateIncidents(['i'], update, BY)
      const told = change('i', { alerts: ['a2'], ...rest })
      const { incidents } = await commit(records, [told], { alerts: ['a2'], storedAt: LATER })
      equal(incidents[0]?.status, want)
      equal(incidents[0]?.updated, LATER)
      const last = (await records.incidentActivity('i')).at(-1)
      equal(last?.action === 'reopened', want === 'new')
      await records.close()
    })
  }

  test(title('incidents that are one are found under either id'), async (context) => {
    const records = await driver.open(context)
    const two = [change('i', { alerts: ['a1'] }), change('j', { alerts: ['a2'] })]
    await commit(records, [...two, change('k', { alerts: ['a3'] })], { alerts: ['a1', 'a2', 'a3'] })
    await records.updateIncidents(['j'], { status: 'in_progress', assignee: 'bob' }, BY)
    await commit(records, [change('j', { merged: ['k'] })])
    const told = change('i', { alerts: ['a4'], merged: ['j'], alert_count: 4 })
    const committed = await commit(records, [told], { alerts: ['a4'], storedAt: LATER })
    deepEqual(
      committed.incidents.map(({ id: one, status, assignee }) => [one, status, assignee]),
      [['i', 'in_progress', 'bob']],
    )
    deepEqual(committed.merged.get('i'), ['j'])
    for (const either of ['i', 'j', 'k']) {
      equal((await records.incident(either))?.id, 'i')
      const alerts = await records.incidentAlerts(either, 9)
      deepEqual(
        alerts.map(({ alert: one }) => [one.id, one.incident_id]),
        ['a1', 'a2', 'a3', 'a4'].map((name) => [name, 'i']),
      )
    }
    equal((await records.incidents(asked())).total, 1)
    deepEqual(
      (await records.incidentActivity('j')).map(({ action, details }) => [action, details]),
      [
        ['created', {}],
        ['merged', { incident: 'j', name: 'Incident j', alerts: '1' }],
      ],
    )
    await records.close()
  })

  test(title('one that was made and taken in at once is told as the survivor'), async (context) => {
    const records = await driver.open(context)
    const changes = [
      change('j', { alerts: ['a1'] }),
      change('i', { alerts: ['a2'], merged: ['j', 'never-stored'] }),
    ]
    const { incidents, alerts } = await commit(records, changes, { alerts: ['a1', 'a2'] })
    deepEqual(
      incidents.map((record) => record.id),
      ['i'],
    )
    deepEqual(
      alerts.map((record) => record.incident_id),
      ['i', 'i'],
    )
    await records.close()
  })

  test(title('a change to it may be one to its alerts'), async (context) => {
    const records = await driver.open(context)
    const changes = [change('i', { alerts: ['a1', 'a2'] }), change('j', { alerts: ['a3'] })]
    await commit(records, changes, { alerts: ['a1', 'a2', 'a3'] })
    const only = await records.updateIncidents(['i', 'none', 'i'], { status: 'in_progress' }, BY)
    deepEqual([only.incidents.length, only.alerts], [1, []])
    const update = { status: 'closed', verdict: 'false_positive', with_alerts: true } as const
    const { incidents, alerts } = await records.updateIncidents(['i'], update, BY)
    deepEqual(
      [...incidents, ...alerts].map(({ id: one, status, verdict }) => [one, status, verdict]),
      ['i', 'a1', 'a2'].map((name) => [name, 'closed', 'false_positive']),
    )
    equal((await records.alert(id('a3')))?.status, 'new')
    equal((await records.activity(id('a1'))).at(-1)?.action, 'verdict_changed')
    deepEqual(
      (await records.incidentActivity('i')).map(({ actor, action }) => [actor, action]),
      [
        ['engine', 'created'],
        ['ada', 'status_changed'],
        ['ada', 'status_changed'],
        ['ada', 'verdict_changed'],
      ],
    )
    await records.close()
  })

  test(title('notes stand in its history'), async (context) => {
    const records = await driver.open(context)
    await commit(records, [change('i', { alerts: ['a1'] })], { alerts: ['a1'] })
    equal(await records.noteIncident('i', 'Called Ada: “not me”.', BY), true)
    equal(await records.noteIncident('none', 'x', BY), false)
    deepEqual((await records.incidentActivity('i')).at(-1), {
      ...{ time: at(20), actor: 'ada', action: 'note_added' },
      details: { text: 'Called Ada: “not me”.' },
    })
    equal((await records.incident('i'))?.updated, at(20))
    deepEqual(await records.incidentActivity('none'), [])
    await records.close()
  })

  test(title('facets leave out their own filter, and name nobody'), async (context) => {
    const records = await driver.open(context)
    await commit(records, [
      change('a', { severity: 'low', tactics: ['execution', 'impact'] }),
      change('b', { host: { id: 'mac-2' } }),
      change('c', { tactics: [] }),
    ])
    await records.updateIncidents(['b'], { assignee: 'bob' }, BY)
    const page = await records.incidents(asked({ severity: 'high' }))
    equal(page.total, 2)
    deepEqual(
      page.facets.severity.map(({ value, count }) => [value, count]),
      [
        ['high', 2],
        ['low', 1],
      ],
    )
    deepEqual(page.facets.host, [
      { value: 'mac-1', label: 'Ada’s Mac', count: 1 },
      { value: 'mac-2', label: 'mac-2', count: 1 },
    ])
    deepEqual(page.facets.tactic, [{ value: 'execution', label: 'execution', count: 1 }])
    deepEqual(page.facets.assignee, [
      { value: '', label: '', count: 1 },
      { value: 'bob', label: 'bob', count: 1 },
    ])
    const nobodys = await records.incidents(asked({ assignee: '' }))
    deepEqual(
      nobodys.items.map((record) => record.id),
      ['c', 'a'],
    )
    await records.close()
  })

  test(title('a tactic is found by its name in either ATT&CK, and only once'), async (context) => {
    const records = await driver.open(context)
    await commit(records, [
      change('old', { tactics: ['defense-evasion'], last_time: at(3) }),
      change('new', { tactics: ['stealth'], last_time: at(2) }),
      change('half', { tactics: ['defense-impairment'], last_time: at(1) }),
    ])
    const found = async (tactic: string) => {
      const { items } = await records.incidents(asked({ tactic }))
      return items.map(({ id }) => id)
    }
    deepEqual(await found('defense-evasion'), ['old', 'new', 'half'])
    deepEqual(await found('stealth'), ['old', 'new'])
    deepEqual(await found('defense-impairment'), ['old', 'half'])
    await commit(records, [change('new', { tactics: ['defense-evasion'], last_time: at(2) })])
    const { facets } = await records.incidents(asked({}))
    deepEqual(
      facets.tactic.map(({ value, count }) => [value, count]),
      [
        ['defense-evasion', 2],
        ['defense-impairment', 1],
      ],
    )
    await records.close()
  })

  test(title('what cannot be asked is refused'), async (context) => {
    const records = await driver.open(context)
    for (const parts of [{ from: 'x' }, { q: 'a\0b' }, { cursor: 'x' }, { cursor: 'W10' }]) {
      await rejects(records.incidents(asked(parts)), { code: 'ERR_QUERY_INVALID' })
    }
    await records.close()
  })
}

const TACTICS = ['execution', 'defense-evasion', 'stealth', 'impact']

function randomChange(roll: Dice, number: number): IncidentChange {
  const host = roll.pick(['m1', 'm2', 'm3'])
  return change(`id${number}`, {
    name: `Incident ${roll.pick(['%', '_', '\\', 'x', 'y'])}`,
    severity: roll.pick(SEVERITIES),
    risk_score: roll.below(4) * 33,
    last_time: at(roll.below(30), roll.below(3)),
    host: { id: host, name: `Host ${host}` },
    users: [roll.pick(['ada', 'bob'])],
    tactics: TACTICS.filter(() => roll.below(2) === 1),
    ...(number > 3 && roll.below(6) === 0 ? { merged: [`id${roll.below(number)}`] } : {}),
  })
}

function randomQuery(roll: Dice): IncidentQuery {
  const maybe = <T>(value: () => T): T | undefined => (roll.below(3) === 0 ? value() : undefined)
  return asked({
    severity: maybe(() => [roll.pick(SEVERITIES), roll.pick(SEVERITIES)]),
    status: maybe(() => roll.pick(['new', 'closed'])),
    host: maybe(() => roll.pick(['m1', 'm2'])),
    tactic: maybe(() => roll.pick(TACTICS)),
    assignee: maybe(() => roll.pick(['', 'eve'])),
    q: maybe(() => roll.pick(['%', '_', '\\', 'INCIDENT X', 'host m', 'bob'])),
    from: maybe(() => at(roll.below(20))),
    to: maybe(() => at(10 + roll.below(20))),
    order: roll.pick(['latest', 'risk']),
    limit: 1 + roll.below(7),
  })
}

for (const seed of [5, 77, 20_261_125]) {
  test(`incidents: drivers agree on random lists, page by page, seed ${seed}`, async (context) => {
    const roll = dice(seed)
    const both = await Promise.all(drivers.map((driver) => driver.open(context)))
    const changes = Array.from({ length: 70 }, (_, number) => randomChange(roll, number))
    const closed = changes.filter(() => roll.below(4) === 0).map((one) => one.incident.id)
    for (const records of both) {
      await commit(records, changes)
      await records.updateIncidents(closed, { status: 'closed', assignee: 'eve' }, BY)
    }
    for (let round = 0; round < 25; round++) {
      const wanted = randomQuery(roll)
      const seen: string[] = []
      for (;;) {
        const [memory, sqlite] = await Promise.all(both.map((records) => records.incidents(wanted)))
        deepEqual(IncidentPage.parse(sqlite), IncidentPage.parse(memory), JSON.stringify(wanted))
        seen.push(...(sqlite?.items.map((item) => item.id) ?? []))
        if (sqlite?.next_cursor === undefined) {
          equal(seen.length, sqlite?.total)
          equal(new Set(seen).size, seen.length)
          break
        }
        wanted.cursor = sqlite.next_cursor
      }
    }
    await Promise.all(both.map((records) => records.close()))
  })
}
