import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostDescription, HostId, TenantId } from '@pomona/schema'
import type { Findings } from '../../src/index.ts'
import { alert, at, commit, drivers, id, ids, NOW, query, QUEUE, TENANT } from './drivers.ts'

for (const driver of drivers) {
  const title = (name: string): string => `records ${driver.name}: ${name}`

  test(title('alerts and checkpoint are stored together, once'), async (context) => {
    const records = await driver.open(context)
    const first = { consumer: 'engine', offset: 4, state: '{"n":1}' }
    const alerts = [alert('a'), alert('a'), alert('b')]
    const findings = { alerts, incidents: [], checkpoint: first, storedAt: NOW }
    const added = await records.commit(findings)
    deepEqual(added.alerts, [
      { ...alert('a'), status: 'new', created: NOW, updated: NOW },
      { ...alert('b'), status: 'new', created: NOW, updated: NOW },
    ])
    deepEqual(await records.checkpoint('engine'), first)
    await records.updateAlerts([id('a')], { status: 'closed' }, { actor: 'ada', at: at(11) })
    const later = { consumer: 'engine', offset: 9, state: '{}' }
    const again = await records.commit({
      alerts: [alert('a', { severity: 'low' }), alert('c')],
      incidents: [],
      checkpoint: later,
      storedAt: NOW,
    })
    deepEqual(
      again.alerts.map((record) => record.id),
      ['c'],
    )
    deepEqual(await records.checkpoint('engine'), later)
    const kept = await records.alert(id('a'))
    equal(kept?.severity, 'high')
    equal(kept?.status, 'closed')
    equal(await records.alert(id('zzz')), undefined)
    equal(await records.checkpoint('other'), undefined)
    await records.close()
  })

  test(
    title('an alert that host and server found is one, and what the server says counts'),
    async (context) => {
      const records = await driver.open(context)
      const checkpoint = { consumer: 'engine', offset: 1, state: '' }
      const store = (parts: Pick<Findings, 'alerts' | 'hostAlerts'>, storedAt = NOW) =>
        records.commit({ ...parts, incidents: [], checkpoint, storedAt })
      const said = alert('a', { severity: 'low', techniques: [], processes: [], rule_name: 'lie' })
      const first = await store({ alerts: [alert('b')], hostAlerts: [said, alert('b')] })
      deepEqual(
        first.alerts.map(({ id: name, found_by: by }) => [name, by]),
        [
          ['b', ['host', 'server']],
          ['a', ['host']],
        ],
      )
      deepEqual(first.confirmed, [])
      await records.updateAlerts([id('a')], { status: 'in_progress' }, { actor: 'ada', at: at(11) })
      const second = await store({ alerts: [alert('a')], hostAlerts: [said] }, at(60))
      deepEqual(second.alerts, [])
      deepEqual(second.confirmed, [
        {
          ...alert('a'),
          status: 'in_progress',
          found_by: ['host', 'server'],
          created: NOW,
          updated: at(60),
        },
      ])
      deepEqual(await ids(records, { severity: ['high'], q: 'osascript', technique: ['T1059'] }), [
        'b',
        'a',
      ])
      equal((await records.alertsOfProcesses(['e1'])).length, 2)
      deepEqual((await store({ alerts: [alert('a')], hostAlerts: [said] })).confirmed, [])
      await store({ alerts: [alert('c')] })
      const third = await store(
        { alerts: [], hostAlerts: [alert('c', { severity: 'low' })] },
        at(61),
      )
      deepEqual(
        third.confirmed.map(({ severity, found_by: by }) => [severity, by]),
        [['high', ['host', 'server']]],
      )
      await records.close()
    },
  )

  test(title('a commit without alerts moves the checkpoint'), async (context) => {
    const records = await driver.open(context)
    await commit(records, [], 7)
    await records.saveCheckpoint({ consumer: 'projector', offset: 3, state: 'x' })
    equal((await records.checkpoint('engine'))?.offset, 7)
    equal((await records.checkpoint('projector'))?.offset, 3)
    await records.close()
  })

  test(title('an update changes the record and writes its history'), async (context) => {
    const records = await driver.open(context)
    await commit(records, [alert('a'), alert('b')])
    const by = { actor: 'ada', at: at(20) }
    const changed = await records.updateAlerts(
      [id('b'), id('none'), id('a'), id('b')],
      { status: 'closed', verdict: 'false_positive', assignee: 'ada' },
      by,
    )
    deepEqual(
      changed.map((record) => [record.id, record.status, record.updated]),
      [
        ['b', 'closed', at(20)],
        ['a', 'closed', at(20)],
      ],
    )
    const reset = { verdict: null, assignee: null }
    const [undone] = await records.updateAlerts([id('a')], reset, { actor: 'bob', at: at(21) })
    deepEqual(undone, { ...alert('a'), status: 'closed', created: NOW, updated: at(21) })
    await records.updateAlerts([id('a')], { status: 'closed' }, { actor: 'eve', at: at(22) })
    deepEqual(await records.activity(id('a')), [
      { time: NOW, actor: 'engine', action: 'created', details: {} },
      {
        time: at(20),
        actor: 'ada',
        action: 'status_changed',
        details: { from: 'new', to: 'closed' },
      },
      { time: at(20), actor: 'ada', action: 'verdict_changed', details: { to: 'false_positive' } },
      { time: at(20), actor: 'ada', action: 'assignee_changed', details: { to: 'ada' } },
      {
        time: at(21),
        actor: 'bob',
        action: 'verdict_changed',
        details: { from: 'false_positive' },
      },
      { time: at(21), actor: 'bob', action: 'assignee_changed', details: { from: 'ada' } },
    ])
    deepEqual(await records.activity(id('none')), [])
    await records.close()
  })

  test(title('alerts are found by process and counted by rule'), async (context) => {
    const records = await driver.open(context)
    await commit(records, QUEUE)
    const found = await records.alertsOfProcesses(['e1', 'e2'])
    deepEqual(
      found.map((record) => record.id),
      ['e', 'd', 'c', 'b', 'a'],
    )
    deepEqual(await records.alertsOfProcesses([]), [])
    const counts = await records.alertCountsByRule()
    deepEqual(
      [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        ['rule-1', 5],
        ['rule-2', 1],
      ],
    )
    await records.close()
  })

  test(title('sightings of a host add up'), async (context) => {
    const records = await driver.open(context)
    const host: HostDescription = { id: 'mac-1', name: 'Mac', os_version: '26.1' }
    const sight = { tenantId: TENANT, host, seen: at(5), events: 10 }
    await records.sightHost({ ...sight, lastEvent: at(4) })
    await records.sightHost({
      ...sight,
      host: { id: 'mac-1', name: 'Renamed', architecture: 'arm64' },
      seen: at(6),
      lastEvent: at(3),
      events: 5,
      counts: { sensed: 20, gaps: 2, discarded: { spool_full: 3 } },
    })
    const counts = { sensed: 1, gaps: 1, discarded: { spool_full: 1, ['__proto__']: 4 } }
    await records.sightHost({ ...sight, host: { id: 'mac-0', name: 'Mac' }, counts })
    await commit(records, [alert('a'), alert('b'), alert('c', { severity: 'low' })])
    await records.updateAlerts([id('b')], { status: 'closed' }, { actor: 'x', at: NOW })
    const [first, second] = await records.hosts(TENANT)
    deepEqual(second, {
      id: 'mac-1',
      name: 'Renamed',
      os_version: '26.1',
      architecture: 'arm64',
      first_seen: at(5),
      last_seen: at(6),
      last_event: at(4),
      events: 15,
      gaps: 2,
      discarded: { spool_full: 3 },
      open_alerts: { high: 1, low: 1 },
    })
    equal(first?.id, 'mac-0')
    equal(first?.last_event, undefined)
    deepEqual(await records.host(TENANT, 'mac-1' as HostId), second)
    equal(await records.host(TENANT, 'mac-9' as HostId), undefined)
    equal(await records.host('other' as TenantId, 'mac-1' as HostId), undefined)
    deepEqual(await records.hosts('other' as TenantId), [])
    await records.close()
  })

  test(title('reasons an agent invents are bounded'), async (context) => {
    const records = await driver.open(context)
    const discarded = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`r${n}`, 1]))
    const counts = { sensed: 1, gaps: 0, discarded }
    const host = { id: 'm', name: 'm' }
    await records.sightHost({ tenantId: TENANT, host, seen: at(1), events: 0, counts })
    const found = await records.host(TENANT, 'm' as HostId)
    equal(found?.discarded['other'], 50)
    equal(Object.keys(found?.discarded ?? {}).length, 101)
    await records.close()
  })

  test(title('users and sessions'), async (context) => {
    const records = await driver.open(context)
    const ada = { id: 'u1', name: 'ada', role: 'admin', passwordHash: 'h' }
    await records.addUser(ada)
    await rejects(records.addUser({ ...ada, id: 'u2' }), { code: 'ERR_RECORD_EXISTS' })
    deepEqual(await records.users(), [ada])
    deepEqual(await records.userByName('ada'), ada)
    equal(await records.userByName("ada' or 1=1 --"), undefined)
    const session = { tokenHash: 't', userId: 'u1', created: at(1), expires: at(30) }
    await records.addSession(session)
    await records.addSession({ ...session, tokenHash: 'orphan', userId: 'gone' })
    deepEqual(await records.session('t', at(29, 59)), { session, user: ada })
    equal(await records.session('t', at(30)), undefined)
    equal(await records.session('orphan', at(1)), undefined)
    await records.extendSession('t', at(40))
    await records.extendSession('unknown', at(40))
    equal((await records.session('t', at(35)))?.session.expires, at(40))
    equal(await records.removeExpiredSessions(at(30)), 1)
    await records.removeSession('t')
    equal(await records.session('t', at(1)), undefined)
    await records.close()
  })

  test(title('settings are replaced'), async (context) => {
    const records = await driver.open(context)
    equal(await records.setting('a'), undefined)
    await records.setSetting('a', '1')
    await records.setSetting('a', '2\0"')
    equal(await records.setting('a'), '2\0"')
    await records.close()
  })

  test(title('the audit log is a chain, newest first'), async (context) => {
    const records = await driver.open(context)
    const empty = await records.verifyAudit()
    equal(empty.ok && empty.entries, 0)
    const entry = (action: string) => ({
      time: at(1),
      actor: 'ada',
      action,
      target: 't',
      details: { z: '1', a: '2' },
    })
    for (const action of ['one', 'two', 'three']) await records.audit(entry(action))
    deepEqual(await records.auditEntries(2), [entry('three'), entry('two')])
    const verdict = await records.verifyAudit()
    equal(verdict.ok && verdict.entries, 3)
    await records.close()
  })

  test(title('says so when it is closed'), async (context) => {
    const records = await driver.open(context)
    await records.close()
    await records.close()
    await rejects(records.users(), { code: 'ERR_STORE_CLOSED' })
    await rejects(commit(records, [alert('a')]), { code: 'ERR_STORE_CLOSED' })
  })

  test(title('calls at the same time do not disturb each other'), async (context) => {
    const records = await driver.open(context)
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        await commit(records, [alert(`x${n}`, { time: at(n) })], n)
        await records.audit({ time: NOW, actor: 'a', action: `${n}`, target: 't', details: {} })
        await records.alerts(query({ limit: 5 }), NOW)
      }),
    )
    equal((await records.alerts(query(), NOW)).total, 40)
    equal((await records.verifyAudit()).ok, true)
    await records.close()
  })
}
