/** Hosts, their completeness and commands, and enrolment in a real browser on a real server. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AgentReport,
  formatTime,
  type HostId,
  LEDGER_START,
  ledgerHash,
  type LedgerRow,
  TENANT_DEFAULT,
} from '@pomona/schema'
import { type RunningServer, ServerConfig, startServer } from '@pomona/server'
import { openSqliteRecords } from '@pomona/store'
import type { Browser, Page } from 'playwright-core'
import { PERSON } from '../platform/analyst.ts'
import {
  BROWSER_SKIP,
  firstRun,
  launchBrowser,
  openPage,
  signIn,
  type WatchedPage,
} from '../platform/browser.ts'

const HOST = 'mac-1' as HostId

function chain(hour: string): LedgerRow[] {
  const drop = {
    ...({ reason: 'spool_full', type: 'open', class: 'bulk', count: 25 } as const),
    ...{ from: hour, to: hour },
  }
  const parts = {
    ...{ index: 0, previous: LEDGER_START, epoch: 4, sensor: 'eslogger.files', hour },
    ...{ sensed: 1_000, filtered: { muted: 100 }, dropped: [drop], sent: 870, lost: 0 },
    unobserved: [],
  }
  return [{ ...parts, hash: ledgerHash(parts) }]
}

function report(now: string): AgentReport {
  const problem = {
    code: 'full_disk_access',
    message: 'Full Disk Access is missing.',
    remedy: 'Install the profile.',
    profile: 'full-disk-access.mobileconfig',
  }
  const sensor = { since: now, restarts: 2, lost: 0, lost_by_type: {} }
  return {
    session_id: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001',
    epoch: 4,
    boot_id: 'boot-1',
    sent_at: now,
    host: { id: HOST, name: 'quince', agent_version: '0.1.0', os_version: '26.1' },
    usage: {
      started: now,
      ...{ cpu_percent: 1, memory_bytes: 6e7, spool_bytes: 0, spool_events: 5, alerts: 0 },
    },
    sensors: [
      { ...sensor, sensor: 'eslogger.files', state: 'failed', problem },
      { ...sensor, sensor: 'network', state: 'running' },
    ],
    permissions: [{ name: 'full_disk_access', granted: false, needed_by: ['eslogger.files'] }],
    posture: {
      ...{ taken: now, cut: 0 },
      looks: {
        sip: { ok: true, facts: [{ name: 'sip.status', value: 'custom', source: 'csrutil' }] },
        firewall: { ok: false, code: 'not_available', message: 'No such command.' },
      },
    },
    bundle: { state: 'none' },
    ledger: chain(`${now.slice(0, 13)}:00:00Z`),
  }
}

type Address = (path: string) => string

async function listSays(page: Page, at: Address): Promise<void> {
  await page.goto(at('/hosts?problem=permission_missing'))
  const row = page.getByRole('row').filter({ hasText: 'quince' })
  await row.getByText('Sensor down').waitFor()
  match(await row.innerText(), /Online[\s\S]*25 missing/)
  await page.locator('label').filter({ hasText: 'Silent 0' }).click()
  await page.getByText('No host fits').waitFor()
  match(page.url(), /state=silent/)
}

async function hostNamesRemedy(page: Page, at: Address): Promise<void> {
  await page.goto(at(`/hosts/${HOST}?tab=health`))
  await page.getByText('Full Disk Access is missing.').waitFor()
  await page.getByText('Install the profile.').waitFor()
  await page.getByText('full-disk-access.mobileconfig').first().waitFor()
  equal(await page.getByText('Running', { exact: true }).count(), 1)
  const mechanisms = page.getByRole('region', { name: 'Security mechanisms' })
  match(await mechanisms.innerText(), /sip\.status\s+custom\s+csrutil/)
  match(await mechanisms.innerText(), /firewall\s+Not available here\s+No such command\./)
}

async function completenessAddsUp(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Completeness' }).click()
  const cells = page.getByRole('row', { name: /eslogger.files/ }).getByRole('cell')
  await cells.first().waitFor()
  const numbers = (await cells.allInnerTexts()).slice(1, 7)
  deepEqual(numbers, ['1,000', '870', '5', '100', '25', '0'])
  await page.getByText('870 missing in the log').waitFor()
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await page.getByText('1 row, all of them a chain').waitFor()
}

async function commandIsOrdered(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Commands' }).click()
  await page.getByRole('button', { name: 'Restart sensor' }).click()
  await page.getByRole('menuitem', { name: 'network' }).click()
  await page.getByText('Queued', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByText('Cancelled', { exact: true }).first().waitFor()
}

async function tokenIsShownOnce(page: Page, at: Address): Promise<void> {
  await page.goto(at('/agents'))
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByLabel('Label').fill('Sales')
  await page.getByRole('button', { name: 'Make the token' }).click()
  const command = page.locator('.token-text').first()
  await command.waitFor()
  match(await command.innerText(), /^sudo sh -c .*agent\.json.*enrolment_token/s)
  await page.keyboard.press('Escape')
  await command.waitFor({ state: 'detached' })
  const row = page.getByRole('row').filter({ hasText: 'Sales' })
  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await row.getByText('Revoked').waitFor()
  await page.getByText('At work').first().waitFor()
}

describe('hosts', { skip: BROWSER_SKIP }, () => {
  let folder = ''
  let server: RunningServer | undefined
  let browser: Browser | undefined
  let analyst: WatchedPage
  const at: Address = (path) => `${server?.address ?? ''}${path}`

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pomona-hosts-'))
    const records = await openSqliteRecords({ directory: folder })
    const received = formatTime(BigInt(Date.now()) * 1_000_000n)
    const sent = report(received)
    const of = { tenantId: TENANT_DEFAULT, hostId: HOST }
    await records.sightHost({ ...of, host: sent.host, seen: received, events: 0 })
    const more = { received, skewMs: 0, intervalSeconds: 3_600 }
    await records.reports.take([{ ...of, ...more, report: sent }])
    await records.close()
    server = await startServer(
      ServerConfig.parse({
        ...{ data_directory: folder, listen_port: 0, agent_listen_port: 0, log_level: 'error' },
      }),
    )
    browser = await launchBrowser()
    analyst = await openPage(browser)
    await firstRun(analyst.page, server.firstRunLink ?? '')
  })

  after(async () => {
    await browser?.close()
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the list says what is wrong, and the address holds the filter', () =>
    listSays(analyst.page, at))

  test('the host’s page names remedy and profile', () => hostNamesRemedy(analyst.page, at))

  test('completeness adds up, and the chain is verified on demand', () =>
    completenessAddsUp(analyst.page))

  test('a command is ordered, seen and cancelled', () => commandIsOrdered(analyst.page))

  test('a token is shown once, with the command to paste, and revoked', () =>
    tokenIsShownOnce(analyst.page, at))

  test('the same in Chinese and in the dark, and nothing went wrong on any page', async () => {
    if (browser === undefined) throw new Error('no browser')
    const other = await openPage(browser, { locale: 'zh-CN', colorScheme: 'dark' })
    await signIn(other.page, { address: server?.address ?? '', ...PERSON })
    await other.page.goto(at(`/hosts/${HOST}?tab=health`))
    await other.page.getByText('传感器故障').first().waitFor()
    await other.page.goto(at('/letters'))
    await other.page.getByText('没有死信').waitFor()
    ok(await other.page.locator('html[data-mantine-color-scheme="dark"]').count())
    deepEqual([...analyst.problems, ...other.problems], [])
  })
})
