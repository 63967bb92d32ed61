import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostId, LedgerRow, TenantId } from '@pomona/schema'
import { type ReceivedReport, type Records, type TakenReport } from '../../src/index.ts'
import { HISTORY_LINES_MAX } from '../../src/reports/reports.ts'
import { drivers } from '../records/drivers.ts'
import { dice } from '../seed.ts'
import { at, chain, HOST, received, SESSIONS, TENANT } from './sample.ts'

async function takeOne(records: Records, report: ReceivedReport): Promise<TakenReport> {
  const [taken] = await records.reports.take([report])
  if (taken === undefined) throw new Error('nothing was taken')
  return taken
}

for (const driver of drivers) {
  const title = (name: string): string => `reports ${driver.name}: ${name}`

  test(title('rows are added up by sensor and hour, once'), async (context) => {
    const records = await driver.open(context)
    const drop = {
      reason: 'spool_full',
      type: 'open',
      class: 'bulk',
      count: 3,
      from: '2026-11-22T10:01:00Z',
      to: '2026-11-22T10:02:00Z',
    } as const
    const rows = chain([
      { sensed: 20, filtered: { muted: 4, budget: 1 }, dropped: [drop], sent: 10 },
      { sensed: 0, filtered: {}, dropped: [{ ...drop, to: '2026-11-22T10:05:00Z' }], sent: 2 },
      { sensor: 'log', sensed: 5, filtered: {}, sent: 5, lost: 2, epoch: 2 },
      {
        hour: '2026-11-22T11:00:00Z',
        unobserved: [
          { from: '2026-11-22T11:00:00Z', to: '2026-11-22T11:00:30Z', reason: 'killed' },
        ],
      },
    ])
    const first = await takeOne(records, received({ ledger: rows.slice(0, 2) }))
    deepEqual([first.rows, first.problem, first.agent.ledger.next], [2, undefined, 2])
    // What was stored comes again with what is new.
    const second = await takeOne(records, received({ ledger: rows }))
    deepEqual([second.rows, second.agent.ledger.next], [2, 4])
    equal((await takeOne(records, received({ ledger: rows }))).rows, 0)

    const hours = await records.reports.hours(TENANT, HOST, { limit: 10 })
    deepEqual(
      hours.map(({ hour, sensor, sensed, filtered, dropped, sent, lost, unobserved_ms }) => [
        ...[hour, sensor, sensed, filtered, dropped, sent, lost, unobserved_ms],
      ]),
      [
        ['2026-11-22T10:00:00Z', 'eslogger', 20, 5, 6, 12, 0, 0],
        ['2026-11-22T10:00:00Z', 'log', 5, 0, 0, 5, 2, 0],
        ['2026-11-22T11:00:00Z', 'eslogger', 10, 2, 0, 8, 0, 30_000],
      ],
    )
    deepEqual(hours[0]?.filtered_by, { muted: 4, budget: 1 })
    deepEqual(hours[0]?.dropped_by, [{ ...drop, count: 6, to: '2026-11-22T10:05:00Z' }])
    const span = { from: '2026-11-22T10:00:00Z', to: '2026-11-22T11:00:00Z', limit: 10 }
    equal((await records.reports.hours(TENANT, HOST, span)).length, 2)
    const newest = await records.reports.hours(TENANT, HOST, { limit: 1 })
    equal(newest[0]?.hour, '2026-11-22T11:00:00Z')
    deepEqual(
      await records.reports.sums(TENANT, '2026-11-22T11:00:00Z'),
      new Map([
        [HOST, { sensed: 10, filtered: 2, dropped: 0, sent: 8, lost: 0, unobserved_ms: 30_000 }],
      ]),
    )
    deepEqual(second.agent.totals, {
      ...{ sensed: 35, filtered: 7, dropped: 6, sent: 25, lost: 2, unobserved_ms: 30_000 },
    })
    deepEqual(
      await records.reports.sentByEpoch(TENANT, HOST),
      new Map([
        [1, 20],
        [2, 5],
      ]),
    )
    deepEqual(await records.reports.rows(TENANT, HOST, { index: 1, limit: 2 }), rows.slice(1, 3))
    deepEqual(await records.reports.verify(TENANT, HOST), {
      ...{ ok: true, rows: 4, head: rows[3]?.hash },
    })
    await records.close()
  })

  const rows = chain([{}, {}, {}, {}])
  const altered = rows.map((row) => (row.index === 2 ? { ...row, sent: 9 } : row))
  const refusals: readonly {
    name: string
    sent: readonly LedgerRow[]
    next: number
    kind: string
  }[] = [
    { name: 'a gap', sent: rows.slice(3), next: 2, kind: 'gap' },
    {
      name: 'a gap inside',
      sent: [...rows.slice(1, 3), ...chain([{}, {}], rows[3]).slice(1)],
      next: 3,
      kind: 'gap',
    },
    { name: 'a row that was altered', sent: altered, next: 2, kind: 'altered' },
    {
      name: 'a row that hangs on another',
      sent: chain([{}], chain([{}, { sent: 3 }])[1]),
      next: 2,
      kind: 'fork',
    },
    {
      name: 'another row in the place of one that is stored',
      sent: chain([{}, { sent: 3 }]),
      next: 2,
      kind: 'fork',
    },
  ]
  for (const { name, sent, next, kind } of refusals) {
    test(title(`${name} is refused, and what is right goes on`), async (context) => {
      const records = await driver.open(context)
      await takeOne(records, received({ ledger: rows.slice(0, 2) }))
      const taken = await takeOne(records, received({ ledger: [...sent] }, { received: at(1) }))
      equal(taken.problem, kind)
      equal(taken.agent.ledger.next, next)
      const { problem, refused } = taken.agent.ledger
      deepEqual([problem?.kind, problem?.since, refused], [kind, at(1), { [kind]: 1 }])
      deepEqual(
        taken.history.map(({ action, details }) => [action, details['problem']]),
        [['ledger_refused', kind]],
      )
      // A report without rows changes nothing about it.
      const still = await takeOne(records, received({}, { received: at(2) }))
      equal(still.agent.ledger.problem?.kind, kind)
      const after = next === 3 ? rows.slice(3) : rows.slice(2)
      const mended = await takeOne(records, received({ ledger: after }, { received: at(3) }))
      deepEqual(
        [mended.problem, mended.agent.ledger.problem, mended.agent.ledger.next],
        [undefined, undefined, 4],
      )
      deepEqual(
        mended.history.map(({ action }) => action),
        ['ledger_goes_on'],
      )
      deepEqual(await records.reports.verify(TENANT, HOST), {
        ok: true,
        rows: 4,
        head: rows[3]?.hash,
      })
      await records.close()
    })
  }

  test(title('only after enrolling again may a ledger begin anew'), async (context) => {
    const records = await driver.open(context)
    const old = chain([{}, {}, {}])
    const anew = chain([{ sent: 1 }, { sent: 2 }])
    await takeOne(records, received({ ledger: old }, { enrolled: at(0) }))
    const same = await takeOne(records, received({ ledger: anew }, { enrolled: at(0) }))
    equal(same.problem, 'fork')
    // The chain it had goes on under the new enrolment, and is then the chain of that one.
    const more = chain([{}], old[2])
    await takeOne(records, received({ ledger: [...old, ...more] }, { enrolled: at(5) }))
    equal((await takeOne(records, received({ ledger: anew }, { enrolled: at(5) }))).problem, 'fork')
    const begun = await takeOne(records, received({ ledger: anew }, { enrolled: at(9) }))
    deepEqual(
      [begun.problem, begun.rows, begun.agent.ledger.installation, begun.agent.ledger.next],
      [undefined, 2, 1, 2],
    )
    deepEqual(
      begun.history.map(({ action }) => action),
      ['ledger_began', 'ledger_goes_on'],
    )
    equal(begun.agent.totals.sent, 4 * 8 + 3)
    deepEqual(await records.reports.rows(TENANT, HOST, { index: 0, limit: 9 }), anew)
    await records.close()
  })

  test(
    title('a ledger that was set back is seen, unless the Mac enrolled again'),
    async (context) => {
      const records = await driver.open(context)
      await takeOne(records, received({ ledger: chain([{}, {}, {}]), ledger_end: 3 }))
      const back = await takeOne(records, received({ ledger_end: 1 }))
      deepEqual([back.problem, back.agent.ledger.problem?.index, back.wanted], ['fork', 1, 3])
      const again = { enrolled: at(5) }
      const asked = await takeOne(records, received({ ledger_end: 1 }, again))
      deepEqual([asked.problem, asked.wanted], [undefined, 0])
      const anew = chain([{ sent: 1 }])
      const begun = await takeOne(records, received({ ledger: anew, ledger_end: 1 }, again))
      deepEqual([begun.problem, begun.agent.ledger.installation, begun.wanted], [undefined, 1, 1])
      equal((await takeOne(records, received({ ledger_end: 0 }, again))).problem, 'fork')
      await records.close()
    },
  )

  test(title('starts, ends, crashes and health become history'), async (context) => {
    const records = await driver.open(context)
    const sensor = {
      sensor: 'eslogger',
      state: 'running',
      since: '2026-11-22T10:00:00Z',
      restarts: 0,
      lost: 0,
      lost_by_type: {},
    } as const
    const problem = { code: 'full_disk_access', message: 'Full Disk Access is missing.' }
    const permission = { name: 'full_disk_access' as const, granted: false, needed_by: [] }
    const failed = { ...sensor, state: 'failed', problem } as const
    const sequence: ReceivedReport[] = [
      received({ sensors: [sensor] }),
      received({ sensors: [failed], permissions: [permission] }, { received: at(1) }),
      received(
        { session_id: SESSIONS[1], sensors: [failed], permissions: [permission] },
        { received: at(2) },
      ),
      received(
        {
          session_id: SESSIONS[1],
          sensors: [sensor],
          permissions: [{ ...permission, granted: true }],
          stopping: true,
        },
        { received: at(3) },
      ),
      received({ sensors: [sensor] }, { received: at(4) }),
      received(
        { session_id: SESSIONS[1], boot_id: 'boot-2', sensors: [sensor] },
        { received: at(5) },
      ),
    ]
    const taken = await records.reports.take(sequence)
    deepEqual(
      taken.map(({ history }) => history.map(({ action }) => action)),
      [
        ['started'],
        ['sensor_changed', 'permission_missing'],
        ['restarted_after_crash'],
        ['stopped', 'sensor_changed', 'permission_granted'],
        ['started'],
        ['started'],
      ],
    )
    equal(taken.at(-1)?.agent.crashes, 1)
    await records.reports.note(TENANT, HOST, {
      time: at(9),
      actor: 'server',
      action: 'silent',
      details: {},
    })
    const [newest, before] = await records.reports.history(TENANT, HOST, 2)
    deepEqual([newest?.action, before?.action], ['silent', 'started'])
    deepEqual(taken[1]?.history[0]?.details, {
      ...{ sensor: 'eslogger', from: 'running', to: 'failed', code: 'full_disk_access' },
    })
    await records.close()
  })

  test(title('a trial counts crashes and alerts since a bundle is applied'), async (context) => {
    const records = await driver.open(context)
    const applied = 'a'.repeat(64)
    const usage = received().report.usage
    const bundle = { state: 'applied', applied } as const
    const [, first, second, third] = await records.reports.take([
      received({ usage: { ...usage, alerts: 40 } }),
      received({ bundle, usage: { ...usage, alerts: 50 } }, { received: at(1) }),
      received({ bundle, usage: { ...usage, alerts: 53 } }, { received: at(2) }),
      received(
        { bundle, session_id: SESSIONS[1], usage: { ...usage, alerts: 4 } },
        { received: at(3) },
      ),
    ])
    deepEqual(first?.agent.trial, { id: applied, since: at(1), crashes: 0, alerts: 0 })
    deepEqual(second?.agent.trial, { id: applied, since: at(1), crashes: 0, alerts: 3 })
    deepEqual(third?.agent.trial, { id: applied, since: at(1), crashes: 1, alerts: 7 })
    await records.close()
  })

  test(
    title('old rows and hours are forgotten, the sums of the whole are not'),
    async (context) => {
      const records = await driver.open(context)
      const old = chain([{}, { hour: '2026-11-22T11:00:00Z' }])
      await takeOne(records, received({ ledger: old }))
      const more = chain([{ hour: '2026-11-22T12:00:00Z' }], old[1])
      await takeOne(records, received({ ledger: more }, { received: at(30) }))
      equal(await records.reports.forget({ rows: at(10), hours: '2026-11-22T11:00:00Z' }), 3)
      deepEqual(await records.reports.rows(TENANT, HOST, { index: 0, limit: 9 }), more)
      equal((await records.reports.hours(TENANT, HOST, { limit: 9 })).length, 2)
      deepEqual(await records.reports.verify(TENANT, HOST), {
        ok: true,
        rows: 1,
        head: more[0]?.hash,
      })
      // A row that is no longer kept cannot be compared; it is known by its place.
      const again = await takeOne(records, received({ ledger: [...old, ...more] }))
      deepEqual([again.problem, again.rows, again.agent.totals.sent], [undefined, 0, 24])
      await records.close()
    },
  )

  test(title('history is bounded; tenants and hosts are kept apart'), async (context) => {
    const records = await driver.open(context)
    for (let n = 0; n < HISTORY_LINES_MAX + 5; n++) {
      await records.reports.note(TENANT, HOST, {
        time: at(0),
        actor: 'x',
        action: `${n}`,
        details: {},
      })
    }
    const lines = await records.reports.history(TENANT, HOST, 10_000)
    deepEqual([lines.length, lines.at(-1)?.action], [HISTORY_LINES_MAX, '5'])
    await takeOne(records, received({ ledger: chain([{}]) }))
    await takeOne(
      records,
      received({ ledger: chain([{ sent: 1 }]) }, { hostId: 'mac-0' as HostId }),
    )
    const foreign = { tenantId: 'other' as TenantId, hostId: HOST }
    await takeOne(records, received({ ledger: chain([{ sent: 2 }]) }, foreign))
    deepEqual(
      (await records.reports.agents(TENANT)).map(({ hostId, totals }) => [hostId, totals.sent]),
      [
        ['mac-0', 1],
        [HOST, 8],
      ],
    )
    equal((await records.reports.sums(TENANT, '')).get(HOST)?.sent, 8)
    equal((await records.reports.agent(foreign.tenantId, HOST))?.totals.sent, 2)
    deepEqual(await records.reports.history(foreign.tenantId, 'mac-9' as HostId, 5), [])
    equal(await records.reports.agent(TENANT, 'mac-9' as HostId), undefined)
    await records.close()
    await rejects(records.reports.agents(TENANT), { code: 'ERR_STORE_CLOSED' })
  })
}

for (const seed of [3, 20_261_122]) {
  test(`reports: drivers agree on random ledgers, seed ${seed}`, async (context) => {
    const roll = dice(seed)
    const all = await Promise.all(drivers.map((driver) => driver.open(context)))
    const rows = chain(
      Array.from({ length: 60 }, () => ({
        sensor: roll.pick(['eslogger', 'log', 'network']),
        hour: `2026-11-22T1${roll.below(3)}:00:00Z`,
        epoch: roll.below(3),
        sensed: roll.below(100),
        sent: roll.below(50),
        filtered: { [roll.pick(['muted', '__proto__', 'budget'])]: roll.below(9) },
      })),
    )
    for (let step = 0; step < 80; step++) {
      const from = roll.below(60)
      let sent = rows.slice(from, from + roll.below(8))
      if (roll.below(4) === 0)
        sent = sent.map((row) => ({ ...row, sent: row.sent + roll.below(2) }))
      const one = received(
        { ledger: sent, session_id: roll.pick(SESSIONS) },
        { received: at(step) },
      )
      const [a, b] = await Promise.all(all.map((records) => takeOne(records, one)))
      deepEqual(a, b, `step ${step}`)
    }
    const [a, b] = await Promise.all(
      all.map(async ({ reports }) => [
        await reports.hours(TENANT, HOST, { limit: 100 }),
        await reports.sums(TENANT, '2026-11-22T11:00:00Z'),
        await reports.history(TENANT, HOST, 1_000),
        await reports.verify(TENANT, HOST),
        await reports.sentByEpoch(TENANT, HOST),
      ]),
    )
    deepEqual(a, b)
    await Promise.all(all.map((records) => records.close()))
  })
}
