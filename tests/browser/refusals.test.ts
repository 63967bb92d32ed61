/**
 * What is refused at the agents' port stands where an operator looks: at the host whose certificate
 * was used, or with the agents where nobody knows who it was.
 */
import { deepEqual, equal, rejects } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { type RunningServer, ServerConfig, startServer } from '@pomona/server'
import type { Browser, Page } from 'playwright-core'
import { systemClock, systemRandom } from '../../apps/server/src/clock.ts'
import { Authority } from '../../apps/server/src/pki/authority.ts'
import { folderKeyFiles } from '../../apps/server/src/pki/key-files.ts'
import { checkSigningRequest } from '../../apps/server/src/pki/signing-request.ts'
import {
  callAgentPort,
  type Credentials,
  enrolAgent,
  signingRequest,
  type TestAgent,
} from '../../apps/server/test/support/agent.ts'
import { batchOf, execs } from '../../apps/server/test/support/batch.ts'
import {
  BROWSER_SKIP,
  firstRun,
  launchBrowser,
  openPage,
  type WatchedPage,
} from '../platform/browser.ts'

const BATCHES = '/agent/v1/batches'
const MONTH_NS = 31n * 86_400_000_000_000n

/** A certificate that the server's own authority gave this host a month ago. */
async function expiredCertificate(folder: string, hostId: string): Promise<Credentials> {
  const { key, csr } = await signingRequest()
  const verdict = await checkSigningRequest(csr)
  if (!verdict.ok) throw new Error(verdict.reason)
  const files = folderKeyFiles(join(folder, 'pki'))
  const clock = { ...systemClock, nowNs: () => systemClock.nowNs() - MONTH_NS }
  const authority = await Authority.open({ files, clock, random: systemRandom })
  // The id of a host that the server gave itself.
  const names = { tenantId: TENANT_DEFAULT, hostId: hostId as HostId }
  return { key, certificate: (await authority.issueHost(verdict.publicKey, names)).pem }
}

// oxlint-disable-next-line max-lines-per-function -- a suite is a list of tests
describe('refusals', { skip: BROWSER_SKIP }, () => {
  let folder = ''
  let server: RunningServer | undefined
  let browser: Browser | undefined
  let analyst: WatchedPage
  let victim: TestAgent
  let thief: TestAgent

  const running = (): RunningServer => {
    if (server === undefined) throw new Error('no server')
    return server
  }
  const page = (): Page => analyst.page

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pomona-refusals-'))
    server = await startServer(
      ServerConfig.parse({
        ...{ data_directory: folder, listen_port: 0, agent_listen_port: 0, log_level: 'fatal' },
      }),
    )
    victim = await enrolAgent(server)
    thief = await enrolAgent(server)
    browser = await launchBrowser()
    analyst = await openPage(browser)
    await firstRun(analyst.page, server.firstRunLink ?? '')
  })

  after(async () => {
    await browser?.close()
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The metric, the row on the host's page, and the host's problem. */
  async function isShown(
    { hostId }: TestAgent,
    { reason, words }: { readonly reason: string; readonly words: string },
  ): Promise<void> {
    const metrics = await (await fetch(`${running().address}/metrics`)).text()
    equal(metrics.includes(`pomona_agent_refusals_total{reason="${reason}"} 1\n`), true)
    await page().goto(`${running().address}/hosts/${hostId}?tab=health`)
    const row = page().getByRole('region', { name: 'Refusals' }).getByRole('row', { name: reason })
    await row.getByText(words).waitFor()
    equal((await row.getByRole('cell').first().innerText()).trim(), '1')
  }

  const stolen = () => batchOf({ hostId: victim.hostId, events: execs(victim.hostId, 2) })

  test('a stolen batch stands at the host whose certificate was used', async () => {
    equal((await thief.call(BATCHES, { body: stolen() })).status, 403)
    await isShown(thief, { reason: 'foreign_host', words: 'A batch or report of another host' })
    await page().getByText('1 refusal').first().waitFor()
  })

  test('so does another host’s stream under one’s own id', async () => {
    const body = { ...stolen(), host: { id: thief.hostId, name: 'thief' } }
    equal((await thief.call(BATCHES, { body })).status, 422)
    await isShown(thief, { reason: 'foreign_stream', words: 'not the host’s own' })
  })

  test('a replayed batch stands there and is taken once; other content is refused', async () => {
    equal((await victim.call(BATCHES, { body: stolen() })).status, 200)
    const again = await victim.call(BATCHES, { body: stolen() })
    deepEqual([again.status, (again.body as { status: string }).status], [200, 'duplicate'])
    await isShown(victim, { reason: 'batch_repeated', words: 'nothing was taken again' })
    const { hostId } = victim
    const other = batchOf({ hostId, events: execs(hostId, 2).toReversed() })
    equal((await victim.call(BATCHES, { body: other })).status, 409)
    await isShown(victim, { reason: 'batch_conflict', words: 'Other content' })
    await page().getByText('Two Macs, one identity').first().waitFor()
    await page().goto(`${running().address}/alerts?host=${hostId}`)
    const alert = page().getByRole('row').filter({ hasText: 'Two machines speak as one Mac' })
    await alert.getByText('High', { exact: true }).waitFor()
    await alert.getByText('Server', { exact: true }).waitFor()
  })

  test('a certificate that is over is refused and stands at its host', async () => {
    const credentials = await expiredCertificate(folder, victim.hostId)
    const { hostId } = victim
    const body = batchOf({ hostId, first: 2, events: execs(hostId, 1, 2) })
    equal((await callAgentPort(running(), BATCHES, { ...credentials, body })).status, 401)
    await isShown(victim, { reason: 'certificate_expired', words: 'A certificate that is over' })
  })

  test('less than TLS 1.3, and no certificate at all, stand with the agents', async () => {
    const old = { tls: { maxVersion: 'TLSv1.2' } } as const
    await rejects(callAgentPort(running(), BATCHES, old), /protocol version/)
    equal((await callAgentPort(running(), BATCHES, { body: stolen() })).status, 401)
    const metrics = await (await fetch(`${running().address}/metrics`)).text()
    equal(metrics.includes('pomona_agent_tls_errors_total{reason="version"} 1\n'), true)
    await page().goto(`${running().address}/agents`)
    const card = page().getByRole('region', { name: 'Refused requests and connections' })
    await card.getByText('A connection with less than TLS 1.3').waitFor()
    await card.getByText('No client certificate').waitFor()
    const row = card.getByRole('row', { name: 'tls_version' })
    deepEqual((await row.getByRole('cell').allInnerTexts()).slice(2, 3), ['127.0.0.1'])
    deepEqual(analyst.problems, [])
  })
})
