import { type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { fastify } from 'fastify'
import { ByteBudget } from '../../src/gateway/budget.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { AGENT_ROUTES } from '../../src/agents/routes.ts'
import { registerIngest } from '../../src/http/ingest.ts'
import { until } from '../support/server.ts'

const LIMIT = { timeout: 20_000 }
const BUDGET_BYTES = 40 * 1024 * 1024

interface Rig {
  readonly budget: ByteBudget
  readonly agent: Socket
  /** Resolves when the server knows that the agent is gone. */
  readonly gone: Promise<unknown>
}

const IDENTITY = {
  tenantId: TENANT_DEFAULT,
  hostId: 'mac-1' as HostId,
  serial: '01',
  notAfterMs: 0,
}

/** The route alone, with stand-ins that decide when each step goes on. */
async function rigOf(
  context: TestContext,
  steps: Partial<Pick<Gateway, 'take'>> & { readonly known?: () => Promise<unknown> },
): Promise<Rig> {
  const budget = new ByteBudget(BUDGET_BYTES)
  const app = fastify({ forceCloseConnections: true })
  const gateway = {
    admit: (bytes: number) => {
      const reservation = budget.open()
      return reservation.take(bytes) ? reservation : undefined
    },
    refuseUnread: () => undefined,
    take: steps.take ?? (() => Promise.reject(new Error('not reached'))),
  }
  registerIngest(app, {
    // Everything the route calls of them is above.
    gateway: gateway as unknown as Gateway,
    route: AGENT_ROUTES.batch,
    admit: async () => {
      await steps.known?.()
      return IDENTITY
    },
    open: () => true,
  })
  const closed = Promise.withResolvers<unknown>()
  app.server.on('request', (_request, response) => response.once('close', closed.resolve))
  await app.listen({ host: '127.0.0.1', port: 0 })
  context.after(() => app.close())
  const agent = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  agent.on('error', () => undefined)
  await once(agent, 'connect')
  return { budget, agent, gone: closed.promise }
}

const HEAD = 'POST /agent/v1/batches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'

test(
  'ingest: an agent that leaves while it is looked up holds no memory',
  LIMIT,
  async (context) => {
    const asked = Promise.withResolvers<undefined>()
    const rig: Rig = await rigOf(context, {
      known: async () => {
        asked.resolve(undefined)
        await rig.gone
      },
    })
    rig.agent.write(`${HEAD}content-length: 1000\r\n\r\n`)
    await asked.promise
    rig.agent.destroy()
    await rig.gone
    await until(() => rig.budget.bytes === 0)
    await new Promise((resolve) => setImmediate(resolve))
    equal(rig.budget.bytes, 0)
  },
)

test('ingest: what is inflated for an agent that left is given back', LIMIT, async (context) => {
  const asked = Promise.withResolvers<undefined>()
  const finished = Promise.withResolvers<undefined>()
  const held: number[] = []
  const rig: Rig = await rigOf(context, {
    take: async ({ reservation }) => {
      asked.resolve(undefined)
      await rig.gone
      reservation.take(500)
      held.push(rig.budget.bytes)
      finished.resolve(undefined)
      return { ok: false, code: 'batch_unreadable', message: 'Test' }
    },
  })
  rig.agent.write(`${HEAD}content-length: 2\r\n\r\n[]`)
  await asked.promise
  rig.agent.destroy()
  await finished.promise
  await new Promise((resolve) => setImmediate(resolve))
  // The body is still in memory when the agent is gone: it counts until the work on it is over.
  deepEqual({ held, after: rig.budget.bytes }, { held: [502], after: 0 })
})
