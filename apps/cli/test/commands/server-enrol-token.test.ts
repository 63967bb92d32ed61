import { equal, match } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { EnrolmentTokenMade } from '@pomona/schema'
import { type RunningServer, ServerConfig, startServer } from '@pomona/server'
import { openMemoryEventStore, openMemoryLog, openMemoryRecords } from '@pomona/store'
import { runJson } from '../in-process.ts'

const PASSWORD = 'correct horse battery staple'

async function serverOf(context: TestContext): Promise<RunningServer> {
  const config = ServerConfig.parse({
    listen_port: 0,
    agent_listen_port: 0,
    console_directory: '/nonexistent',
    log_level: 'silent',
  })
  const server = await startServer(config, {
    stores: {
      log: openMemoryLog(),
      records: openMemoryRecords(),
      events: openMemoryEventStore(),
    },
  })
  context.after(() => server.close())
  const token = server.firstRunLink?.split('#token=')[1] ?? ''
  const made = await fetch(`${server.address}/api/v1/first-run`, {
    method: 'POST',
    headers: { origin: server.address, 'content-type': 'application/json' },
    body: JSON.stringify({ token, name: 'ada', password: PASSWORD }),
  })
  equal(made.status, 201)
  return server
}

test(
  'server enrol-token: prints a token once, or why there is none',
  { timeout: 120_000 },
  async (context) => {
    const server = await serverOf(context)
    const args = ['server', 'enrol-token', '--server', server.address, '--user', 'ada']
    const { code, results } = await runJson([...args, '--uses', '3', '--label', 'lab'], {
      POMONA_PASSWORD: PASSWORD,
    })
    equal(code, 0)
    const { token, record, server_url: url } = EnrolmentTokenMade.parse(results[0])
    match(token, /^[\w-]{43}\.[\w-]{43}$/)
    equal(`${record.label} ${record.uses_max} ${record.created_by}`, 'lab 3 ada')
    equal(url, server.agentAddress)
    const wrong = await runJson(args, { POMONA_PASSWORD: 'wrong' })
    equal(wrong.code, 1)
    match(wrong.said, /refuses/)
    const none = await runJson(args)
    equal(none.code, 2)
    match(none.said, /POMONA_PASSWORD/)
    const nobody = await runJson(
      ['server', 'enrol-token', '--server', 'http://127.0.0.1:1', '--user', 'a'],
      {
        POMONA_PASSWORD: 'x',
      },
    )
    equal(nobody.code, 1)
    match(nobody.said, /does not answer/)
  },
)
