import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { openMemoryRecords, type Records } from '@pomona/store'
import { pino } from 'pino'
import { AgentPresence } from '../../src/agents/presence.ts'
import { MetricsRegistry } from '../../src/metrics/registry.ts'
import { bound } from '../support/bound.ts'
import { FakeClock } from '../support/clock.ts'

function identityOf(index: number) {
  const hostId = `mac-${index}` as HostId
  return { tenantId: TENANT_DEFAULT, hostId, serial: `0${index}`, notAfterMs: 1_790_000_000_000 }
}

function rigOf(records: Records = openMemoryRecords()) {
  const clock = new FakeClock()
  const changed: HostId[] = []
  const presence = new AgentPresence({
    records,
    clock,
    logger: pino({ level: 'silent' }),
    metrics: new MetricsRegistry(),
    onChange: (hostIds) => changed.push(...hostIds),
  })
  return { presence, records, clock, changed }
}

const MARK = { session_id: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001', epoch: 3 }

test('presence: what is known of agents is there again after a restart', async () => {
  const { presence, records, clock, changed } = rigOf()
  await presence.open()
  for (let index = 0; index < 450; index += 1) {
    presence.contact(identityOf(index), { address: '192.0.2.1' })
  }
  presence.mark(identityOf(7), { ...MARK, sent_at: '2026-05-28T20:27:50Z' })
  presence.refuse('foreign_host', identityOf(7))
  presence.refuse('foreign_host', identityOf(7))
  presence.refuse('certificate_missing')
  await presence.close()
  equal(changed.length, 450)
  const again = rigOf(records)
  await again.presence.open()
  const contact = again.presence.contactOf(TENANT_DEFAULT, identityOf(7).hostId)
  equal(contact?.refusals['foreign_host']?.count, 2)
  deepEqual([contact?.sessionId, contact?.epoch, contact?.serial], [MARK.session_id, 3, '07'])
  equal(
    Number(clock.nowNs() / 1_000_000n) + (contact?.clockSkewMs ?? 0),
    Date.UTC(2026, 4, 28, 20, 27, 50),
  )
  again.presence.mark(identityOf(7), {
    session_id: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0002',
    epoch: 3,
    sent_at: '2026-05-28T20:27:50Z',
  })
  deepEqual(again.presence.notices(), ['Two machines seem to speak as the host mac-7.'])
  again.clock.advanceSeconds(3_601)
  deepEqual(again.presence.notices(), [])
  await again.presence.close()
})

test('presence: another installation may begin with an earlier epoch', async () => {
  const { presence } = rigOf()
  presence.mark(identityOf(1), { ...MARK, sent_at: '2026-05-28T20:00:00Z' })
  presence.enrolled(identityOf(1), { hardwareUuid: 'x', time: '2026-05-28T20:00:00.000000000Z' })
  const next = { session_id: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0002', epoch: 1 }
  presence.mark(identityOf(1), { ...next, sent_at: '2026-05-28T20:00:00Z' })
  deepEqual(presence.notices(), [])
})

test('presence: what could not be stored is stored later', async () => {
  const records = openMemoryRecords()
  let failures = 1
  const save = records.agents.saveContacts.bind(records.agents)
  const agents = {
    ...bound(records.agents),
    saveContacts: async (contacts: Parameters<typeof save>[0]) => {
      failures -= 1
      if (failures >= 0) throw new Error('disk gone')
      await save(contacts)
    },
  }
  const { presence } = rigOf({ ...bound(records), agents })
  presence.refuse('rate_limited', identityOf(1))
  await presence.flush()
  equal((await records.agents.contacts(TENANT_DEFAULT)).length, 0)
  await presence.flush()
  equal((await records.agents.contacts(TENANT_DEFAULT)).length, 1)
})
