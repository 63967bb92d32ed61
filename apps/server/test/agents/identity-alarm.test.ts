import { deepEqual, equal, match } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  type AlertPage,
  type EcsEvent,
  type EventPage,
  formatTime,
  type HostId,
  TENANT_DEFAULT,
} from '@pomona/schema'
import { type Log, openMemoryLog, openMemoryRecords } from '@pomona/store'
import { pino } from 'pino'
import { IdentityAlarm, type IdentityDoubt } from '../../src/agents/identity-alarm.ts'
import { CONTENT_DIRECTORY } from '../../src/config.ts'
import { enrolAgent, type TestAgent } from '../support/agent.ts'
import { batchOf, execs } from '../support/batch.ts'
import { bound } from '../support/bound.ts'
import { FakeClock } from '../support/clock.ts'
import { contentFolder, signInFirst, startTestServer, until } from '../support/server.ts'

const SESSIONS = ['6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001', '0d9c41f7-7c6f-4f0c-9a38-0f4b8f6f0002']
const RULE = join(CONTENT_DIRECTORY, 'rules', 'duplicate-agent-identity', 'rule.yml')

/** Two machines with one certificate that take turns. */
async function takeTurns(agent: TestAgent, turns: number, first: number): Promise<void> {
  const { hostId } = agent
  for (let turn = 0; turn < turns; turn += 1) {
    const sequence = first + turn
    const mark = {
      session_id: SESSIONS[turn % 2] ?? '',
      epoch: 1 + (turn % 2),
      sent_at: formatTime(BigInt(Date.now()) * 1_000_000n),
    }
    const body = batchOf({
      ...{ hostId, first: sequence, events: execs(hostId, 1, sequence), agent: mark },
    })
    equal((await agent.call('/agent/v1/batches', { body })).status, 200)
  }
}

test(
  'duplicate identity: becomes one alert with its evidence, however long two machines take turns',
  { timeout: 60_000 },
  async (context: TestContext) => {
    const rules = { 'duplicate.yml': readFileSync(RULE, 'utf8') }
    const config = { content_directory: contentFolder(context, rules) }
    const { server, api, stores } = await startTestServer(context, { config })
    await signInFirst(server, api)
    const agent = await enrolAgent(server)
    await takeTurns(agent, 8, 0)
    const alerts = async (): Promise<AlertPage> =>
      (await api.get(`/api/v1/alerts?host=${agent.hostId}`)) as AlertPage
    await until(async () => (await alerts()).items.length > 0)
    const logged = await stores.log.end()
    await takeTurns(agent, 8, 8)
    equal(await stores.log.end(), logged + 8)
    const [alert, ...others] = (await alerts()).items
    equal(others.length, 0)
    deepEqual(
      [alert?.rule_name, alert?.severity, alert?.host.id, alert?.found_by],
      ['Two machines speak as one Mac', 'high', agent.hostId, undefined],
    )
    const why = alert?.matches.find(({ field }) => field === 'message')
    match(why?.value ?? '', /Session [0-9a-f]{8}, start .* Session [0-9a-f]{8}, start /)
    const timeline = async (): Promise<EventPage> =>
      (await api.get(
        `/api/v1/hosts/${agent.hostId}/timeline?action=duplicate_identity`,
      )) as EventPage
    await until(async () => (await timeline()).items.length > 0)
    // As the event store holds what the alarm made.
    const [event] = (await timeline()).items as EcsEvent[]
    deepEqual(alert?.events, [event?.event?.id])
    deepEqual([event?.event?.reason, event?.source?.ip], ['session_returned', '127.0.0.1'])
    match(event?.message ?? '', /Session 6f0b6a3e, start 1, from [^ ]*127\.0\.0\.1, heard from 20/)
    match(event?.message ?? '', /Session 0d9c41f7, start 2, from [^ ]*127\.0\.0\.1, heard from 20/)
  },
)

function doubtOf(sessions: readonly string[]): IdentityDoubt {
  const identity = {
    ...{ tenantId: TENANT_DEFAULT, hostId: 'mac-1' as HostId, serial: '01', notAfterMs: 0 },
  }
  const speakers = sessions.map((sessionId, index) => ({ sessionId, epoch: index }))
  return { identity, reason: 'session_returned', speakers }
}

function rigOf(log: Log) {
  return new IdentityAlarm({
    ...{ log, records: openMemoryRecords(), clock: new FakeClock() },
    logger: pino({ level: 'silent' }),
    onStored: () => undefined,
  })
}

test('duplicate identity: the same two runs are one event, also after a restart', async () => {
  const log = openMemoryLog()
  for (const sessions of [SESSIONS, SESSIONS.toReversed(), SESSIONS]) {
    const alarm = rigOf(log)
    alarm.raise(doubtOf(sessions))
    alarm.raise(doubtOf(sessions))
    await alarm.settle()
    equal(await log.end(), 1)
  }
  const alarm = rigOf(log)
  alarm.raise(doubtOf([SESSIONS[0] ?? '', '77777777-7c6f-4f0c-9a38-0f4b8f6f0003']))
  await alarm.settle()
  equal(await log.end(), 2, 'another start of either is another event')
})

test('duplicate identity: a host that draws a session for every batch does not fill the log', async () => {
  const log = openMemoryLog()
  const alarm = rigOf(log)
  for (let index = 0; index < 200; index += 1) {
    alarm.raise(doubtOf([SESSIONS[0] ?? '', `session-${index}`]))
    await alarm.settle()
  }
  equal(await log.end(), 20)
})

test('duplicate identity: what could not be stored is told at the next sign', async () => {
  const log = openMemoryLog()
  let failures = 1
  const failing: Log = {
    ...bound(log),
    append: async (entry) => {
      failures -= 1
      if (failures >= 0) throw new Error('disk gone')
      return await log.append(entry)
    },
  }
  const alarm = rigOf(failing)
  alarm.raise(doubtOf(SESSIONS))
  await alarm.settle()
  equal(await log.end(), 0)
  alarm.raise(doubtOf(SESSIONS))
  await alarm.settle()
  equal(await log.end(), 1)
})
