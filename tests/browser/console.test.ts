/** The console in a real browser, on the real server, fed by a simulated Mac under attack. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { PERSON } from '../platform/analyst.ts'
import {
  BROWSER_SKIP,
  firstRun,
  launchBrowser,
  LOOK,
  openPage,
  signIn,
  type WatchedPage,
} from '../platform/browser.ts'
import { deliverAll } from '../platform/deliver.ts'
import {
  type Delivery,
  deliveriesOf,
  HOSTILE_TEXTS,
  hostileDelivery,
  hostIdOf,
} from '../platform/mac.ts'
import {
  freePort,
  type ServerProcess,
  startServerProcess,
  stopServerProcess,
} from '../platform/server-process.ts'

const HOST = 'quince'

// oxlint-disable-next-line max-lines-per-function -- a suite is a list of tests, not one piece of work
describe('console', { skip: BROWSER_SKIP }, () => {
  let folder = ''
  let port = 0
  let server: ServerProcess | undefined
  let browser: Browser | undefined
  let analyst: WatchedPage
  let later: readonly Delivery[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pomona-console-'))
    port = await freePort()
    server = await startServerProcess(folder, port)
    browser = await launchBrowser()
    analyst = await openPage(browser)
    const recorded = await deliveriesOf({
      name: HOST,
      seed: 'console',
      events: 3_000,
      batch: 300,
      attacks: ['applescript-infostealer'],
    })
    await deliverAll(server, HOST, recorded)
    later = await deliveriesOf({
      name: 'medlar',
      seed: 'later',
      events: 800,
      batch: 800,
      attacks: ['trojanised-dmg-launchagent'],
    })
  })

  after(async () => {
    await browser?.close()
    if (server !== undefined) await stopServerProcess(server)
    rmSync(folder, { recursive: true, force: true })
  })

  const rows = (page: Page) => page.getByRole('grid').getByRole('row')

  test('the one-time link makes the first user and shows the incidents', async () => {
    const { page } = analyst
    await firstRun(page, server?.firstRunLink ?? '')
    await page.getByText(`Infostealer activity from update on ${HOST}`).first().waitFor()
    ok(!page.url().includes('token'), 'the token has left the address')
    equal(await page.getByRole('gridcell').getByText('Low', { exact: true }).count(), 0)
  })

  test('the keyboard leads to the incident, its alerts, reasons and processes', async () => {
    const { page } = analyst
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/incidents\/[0-9a-f]+/)
    const story = page.getByRole('list', { name: 'What happened' })
    await story.getByText('AppleScript asks for a password').first().waitFor()
    await story.getByText('This alert opened the incident.').waitFor()
    await story.getByText(/^launchd started it for the launch item com\.finder\.helper/).waitFor()
    await page.getByRole('treeitem').first().waitFor()
    match(await page.getByRole('tree').innerText(), /update/)
    const tactics = page.getByRole('list', { name: 'ATT&CK tactics' })
    match(await tactics.locator('.tactic-hit').allInnerTexts().then(String), /Exfiltration/)
    await story.getByRole('button', { name: 'Show what matched' }).first().click()
    await story.getByText('process.command_line').first().waitFor()
  })

  test('an incident is taken, noted and closed with its alerts', async () => {
    const { page } = analyst
    await page.getByRole('button', { name: 'Take it' }).click()
    await page.getByText('In progress').first().waitFor()
    await page.getByLabel('Write a note').fill('Reinstalled the Mac.')
    await page.getByRole('button', { name: 'Add the note' }).click()
    await page.locator('.activity').getByText('Reinstalled the Mac.').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('h1').click()
    await page.keyboard.press('e')
    await page.keyboard.press('t')
    await page.getByText('Closed').first().waitFor()
    await page.getByText('changed the verdict').waitFor()
    await page.reload()
    await page.getByText('True positive').first().waitFor()
    await page.goto(`http://127.0.0.1:${port}/alerts?status=closed&q=AppleScript%20asks`)
    await page.getByText('AppleScript asks for a password').first().waitFor()
    await page.getByRole('gridcell').getByText('AppleScript asks for a password').first().click()
    await page.getByRole('link', { name: 'Open the incident' }).click()
    await page.waitForURL(/\/incidents\/[0-9a-f]+/)
    // Later tests look at the alerts as work to do.
    await page.getByRole('button', { name: 'Change status' }).click()
    await page.getByRole('menuitem', { name: 'New' }).click()
    await page.getByText('opened', { exact: false }).first().waitFor()
  })

  test('filters live in the address and survive a reload', async () => {
    const { page } = analyst
    await page.goto(`http://127.0.0.1:${port}/alerts?severity=high`)
    await page.getByRole('gridcell').getByText('High', { exact: true }).first().waitFor()
    equal(await page.getByRole('gridcell').getByText('Medium', { exact: true }).count(), 0)
    await page.keyboard.press('/')
    await page.keyboard.type('no such alert')
    await page.getByText('No alert fits the filters').waitFor()
    match(page.url(), /q=no/)
    await page.reload()
    await page.getByText('No alert fits the filters').waitFor()
    await page.goBack()
  })

  test('the keyboard leads from the queue to the alert and its process tree', async () => {
    const { page } = analyst
    await page.goto(`http://127.0.0.1:${port}/alerts?q=AppleScript%20asks`)
    await page.getByText('AppleScript asks for a password').first().waitFor()
    // These events came without an agent's engine.
    await page.getByRole('gridcell').getByText('Server', { exact: true }).first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/alerts\/[0-9a-f]+/)
    await page.getByText('Why it fired').waitFor()
    const matched = page.locator('mark')
    await matched.first().waitFor()
    await page.getByRole('treeitem').first().waitFor()
    const tree = await page.getByRole('tree').innerText()
    match(tree, /zsh/)
    match(tree, /osascript/)
  })

  test('the alert shows its evidence, the raw record and the rule', async () => {
    const { page } = analyst
    await page.getByRole('tab', { name: /Evidence/ }).click()
    await page.getByText('process.executable').first().waitFor()
    await page.getByRole('tab', { name: 'Raw record' }).click()
    await page.getByText('global_seq_num').first().waitFor()
    await page.getByRole('tab', { name: 'Rule' }).click()
    await page.getByText('logsource').first().waitFor()
  })

  test('closing an alert takes it from the queue and is remembered', async () => {
    const { page } = analyst
    const url = page.url()
    await page.getByRole('button', { name: 'Change status' }).click()
    await page.getByRole('menuitem', { name: 'True positive' }).click()
    await page.getByText('Closed').first().waitFor()
    await page.reload()
    await page.getByText('Closed').first().waitFor()
    await page.goto(`http://127.0.0.1:${port}/alerts`)
    await rows(page).nth(1).waitFor()
    equal(await page.locator(`a[href="${new URL(url).pathname}"]`).count(), 0)
  })

  test('a host page shows its timeline and its processes', async () => {
    const { page } = analyst
    await page.goto(`http://127.0.0.1:${port}/hosts/${hostIdOf(HOST)}`)
    await rows(page).nth(5).waitFor()
    await page.getByRole('tab', { name: 'Processes' }).click()
    await rows(page).nth(5).waitFor()
    await page.getByRole('gridcell').getByText('Apple', { exact: true }).first().waitFor()
  })

  test('a new attack appears without a reload', async () => {
    const { page } = analyst
    await page.goto(`http://127.0.0.1:${port}/alerts`)
    await rows(page).nth(1).waitFor()
    if (server !== undefined) await deliverAll(server, 'medlar', later)
    await page.getByText(/\d+ new alerts?/).waitFor()
    const unseen = page.getByRole('link', { name: /Incidents/ }).locator('.rail-count')
    await unseen.waitFor()
    await page.getByRole('link', { name: /Incidents/ }).click()
    await page.getByText('Cobalt Terminal.app on medlar').first().waitFor()
    equal(await unseen.count(), 0)
  })

  test('everything is there in Chinese, in the dark, for a second sign-in', async () => {
    if (browser === undefined) throw new Error('no browser')
    const other = await openPage(browser, { locale: 'zh-CN', colorScheme: 'dark' })
    await signIn(other.page, { address: `http://127.0.0.1:${port}`, ...PERSON })
    await rows(other.page).nth(1).waitFor()
    await other.page.getByText('信息窃取活动').first().waitFor()
    equal(await other.page.locator('html').getAttribute('lang'), 'zh-CN')
    await other.page.getByRole('link', { name: '主机', exact: true }).waitFor()
    deepEqual(other.problems, [])
  })

  test('text from an endpoint is only ever text', async () => {
    if (browser === undefined) throw new Error('no browser')
    const deliveries = [await hostileDelivery('damson')]
    if (server !== undefined) await deliverAll(server, 'damson', deliveries)
    const hostile = await openPage(browser, LOOK)
    const { page } = hostile
    await signIn(page, { address: `http://127.0.0.1:${port}`, ...PERSON })
    await page.goto(`http://127.0.0.1:${port}/hosts/${hostIdOf('damson')}`)
    await rows(page).nth(1).waitFor()
    await page.getByRole('tab', { name: 'Processes' }).click()
    await rows(page).nth(1).waitFor()
    await page.goto(
      `http://127.0.0.1:${port}/alerts?host=${hostIdOf('damson')}&q=Password%20of%20a%20local`,
    )
    await page.getByRole('gridcell').getByText('Password of a local account').first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('Why it fired').waitFor()
    await page.locator('main').getByText('onerror').first().waitFor()
    await page.getByRole('tab', { name: /Evidence/ }).click()
    await page.getByRole('tab', { name: 'Raw record' }).click()
    equal(await page.locator('img, iframe, object, embed, script:not([src])').count(), 0)
    equal(await page.evaluate(() => Reflect.get(globalThis, 'pwned')), undefined)
    deepEqual(hostile.problems, [])
    ok(HOSTILE_TEXTS.length > 0)
  })

  test('nothing went wrong on the way', () => {
    deepEqual(analyst.problems, [])
  })
})
