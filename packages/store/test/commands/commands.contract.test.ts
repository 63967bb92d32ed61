import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Command,
  Command as CommandSchema,
  type CommandState,
  type CommandStateReport,
  type HostId,
  type SignedText,
  type TenantId,
} from '@pomona/schema'
import type { CommandDraft, Records } from '../../src/index.ts'
import { OPEN_COMMANDS_MAX } from '../../src/commands/commands.ts'
import { at, drivers, TENANT } from '../records/drivers.ts'

const HOST = 'mac-1' as HostId
const OTHER = 'mac-2' as HostId

function idOf(n: number): string {
  return `6f0b6a3e-7c6f-4f0c-9a38-${String(n).padStart(12, '0')}`
}

function draft(n: number, parts: Partial<CommandDraft> = {}): CommandDraft {
  return {
    id: idOf(n),
    tenantId: TENANT,
    hostId: HOST,
    action: 'ping',
    parameters: {},
    issuedBy: 'ada',
    issuedAt: at(1),
    expiresAt: at(30),
    ...parts,
  }
}

async function sign(command: Command): Promise<SignedText> {
  return { payload: JSON.stringify(CommandSchema.parse(command)), signature: '', key_id: 'k' }
}

function said(state: CommandStateReport['state'], more: Partial<CommandStateReport> = {}) {
  return { state, at: '2026-11-22T10:00:00Z', ...more }
}

async function counters(records: Records, host = HOST, now = at(2)): Promise<readonly number[]> {
  const signed = await records.commands.deliver(TENANT, host, now)
  return signed.map(({ payload }) => CommandSchema.parse(JSON.parse(payload)).counter)
}

for (const driver of drivers) {
  const title = (name: string): string => `commands ${driver.name}: ${name}`

  test(
    title('are queued with rising counters, also when many are asked for at once'),
    async (context) => {
      const records = await driver.open(context)
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          records.commands.issue(
            draft(n, { hostId: n % 3 === 0 ? OTHER : HOST }),
            async (command) => {
              // Signing of the first takes longest.
              for (let turn = 0; turn < 12 - n; turn++) await Promise.resolve()
              return await sign(command)
            },
          ),
        ),
      )
      deepEqual(await counters(records), [1, 2, 3, 4, 5, 6, 7, 8])
      deepEqual(await counters(records, OTHER), [1, 2, 3, 4])
      await records.close()
    },
  )

  test(title('go their way once, and repeats of what is said change nothing'), async (context) => {
    const records = await driver.open(context)
    const { commands } = records
    const issued = await commands.issue(draft(1, { parameters: { sensor: 'log' } }), sign)
    equal(issued?.state, 'queued')
    deepEqual(await counters(records), [1])
    // Not settled yet: handed out again to an agent that asks again.
    deepEqual(await counters(records), [1])
    const of = { tenantId: TENANT, hostId: HOST, id: idOf(1) }
    equal((await commands.report(of, said('accepted'), at(3)))?.state, 'accepted')
    deepEqual(await counters(records), [])
    const done = await commands.report(of, said('done', { result: { ok: true } }), at(4))
    equal(done?.state, 'done')
    deepEqual(await commands.report(of, said('done', { result: { ok: false } }), at(5)), done)
    deepEqual(await commands.report(of, said('accepted'), at(6)), done)
    deepEqual(await commands.command(TENANT, idOf(1)), done)
    deepEqual(done, {
      ...{ id: idOf(1), host_id: HOST, counter: 1, action: 'ping', parameters: { sensor: 'log' } },
      ...{ issued_by: 'ada', issued_at: at(1), expires_at: at(30) },
      ...{ state: 'done', updated: at(4), result: { ok: true } },
      history: [
        { state: 'queued', at: at(1), by: 'ada' },
        { state: 'sent', at: at(2), by: 'server' },
        { state: 'accepted', at: at(3), by: 'agent' },
        { state: 'done', at: at(4), by: 'agent' },
      ],
    })
    await records.close()
  })

  test(title('belong to their host'), async (context) => {
    const records = await driver.open(context)
    const { commands } = records
    await commands.issue(draft(1), sign)
    const foreign = { tenantId: TENANT, hostId: OTHER, id: idOf(1) }
    equal(await commands.report(foreign, said('done'), at(3)), undefined)
    const elsewhere = 'other' as TenantId
    equal(await commands.command(elsewhere, idOf(1)), undefined)
    equal(await commands.cancel(elsewhere, idOf(1), { actor: 'eve', at: at(2) }), undefined)
    equal((await commands.command(TENANT, idOf(1)))?.state, 'queued')
    deepEqual(await counters(records, OTHER), [])
    deepEqual(await commands.ofHost(TENANT, OTHER, 9), [])
    equal((await commands.ofHost(TENANT, HOST, 9)).length, 1)
    await records.close()
  })

  type Step = 'deliver' | 'cancel' | 'expire' | CommandStateReport['state']
  const ways: readonly { name: string; steps: readonly Step[]; want: CommandState }[] = [
    {
      name: 'cancelled in the queue is never handed out',
      steps: ['cancel', 'deliver'],
      want: 'cancelled',
    },
    { name: 'over in the queue has expired', steps: ['expire'], want: 'expired' },
    {
      name: 'over after it was handed out is unknown',
      steps: ['deliver', 'expire'],
      want: 'unknown',
    },
    {
      name: 'what the agent says later is believed',
      steps: ['deliver', 'expire', 'done'],
      want: 'done',
    },
    {
      name: 'it ran although it was cancelled',
      steps: ['deliver', 'cancel', 'accepted', 'failed'],
      want: 'failed',
    },
    {
      name: 'it is too late to cancel',
      steps: ['deliver', 'accepted', 'cancel'],
      want: 'accepted',
    },
    {
      name: 'the agent lost its end',
      steps: ['deliver', 'accepted', 'unknown', 'done'],
      want: 'unknown',
    },
    {
      name: 'the agent found it expired',
      steps: ['deliver', 'expire', 'expired'],
      want: 'expired',
    },
    {
      name: 'refused is the end',
      steps: ['deliver', 'refused', 'cancel', 'expire', 'done'],
      want: 'refused',
    },
  ]
  for (const { name, steps, want } of ways) {
    test(title(name), async (context) => {
      const records = await driver.open(context)
      const { commands } = records
      await commands.issue(draft(1), sign)
      const of = { tenantId: TENANT, hostId: HOST, id: idOf(1) }
      for (const step of steps) {
        if (step === 'deliver') await commands.deliver(TENANT, HOST, at(2))
        else if (step === 'cancel')
          await commands.cancel(TENANT, idOf(1), { actor: 'ada', at: at(5) })
        else if (step === 'expire') await commands.expire(at(30))
        else await commands.report(of, said(step), at(31))
      }
      equal((await commands.command(TENANT, idOf(1)))?.state, want)
      equal((await commands.deliver(TENANT, HOST, at(3))).length, 0)
      equal((await commands.expire(at(59))).length, want === 'accepted' ? 1 : 0)
      await records.close()
    })
  }

  test(title('a host has so many open ones, and old ones are not handed out'), async (context) => {
    const records = await driver.open(context)
    const { commands } = records
    for (let n = 0; n < OPEN_COMMANDS_MAX; n++) await commands.issue(draft(n), sign)
    equal(await commands.issue(draft(99), sign), undefined)
    equal((await commands.issue(draft(100, { hostId: OTHER }), sign))?.counter, 1)
    deepEqual(await counters(records, HOST, at(30)), [])
    equal((await commands.expire(at(30))).length, OPEN_COMMANDS_MAX + 1)
    // No counter was used up by the refusal.
    equal((await commands.issue(draft(101), sign))?.counter, OPEN_COMMANDS_MAX + 1)
    const failing = commands.issue(draft(102), () => Promise.reject(new Error('no key')))
    await rejects(failing, { message: 'no key' })
    equal((await commands.issue(draft(103), sign))?.counter, OPEN_COMMANDS_MAX + 2)
    equal((await commands.ofHost(TENANT, HOST, 2))[0]?.id, idOf(103))
    await records.close()
    await rejects(commands.expire(at(1)), { code: 'ERR_STORE_CLOSED' })
  })
}
