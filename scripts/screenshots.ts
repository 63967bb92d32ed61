/**
 * Takes pictures of the console's pages, in both languages and both colour schemes, on a running
 * demo: `node scripts/screenshots.ts ADDRESS USER PASSWORD [FOLDER]`. With `--readme` it takes only
 * those that README and guides show, into `docs/images`; let the demo run for five minutes before.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, type Look, openPage, signIn } from '../tests/platform/browser.ts'

const ROOT = join(import.meta.dirname, '..')
const LOOKS: readonly Look[] = [
  { locale: 'en-US', colorScheme: 'light' },
  { locale: 'en-US', colorScheme: 'dark' },
  { locale: 'zh-CN', colorScheme: 'light' },
  { locale: 'zh-CN', colorScheme: 'dark' },
]
const SETTLE_MS = 1_500

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { readme: { type: 'boolean', default: false } },
})
const [address = '', name = '', password = '', folder = join(ROOT, '.pomona', 'screenshots')] =
  positionals

async function take(page: Page, file: string): Promise<void> {
  await page.waitForTimeout(SETTLE_MS)
  await page.screenshot({ path: join(folder, `${file}.png`) })
}

/** The page of the incident with the highest risk. */
async function openIncident(page: Page): Promise<void> {
  await page.goto(`${address}/incidents?order=risk`)
  await page.getByRole('gridcell').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/incidents\/[0-9a-f]+/)
  await page.getByRole('treeitem').first().waitFor()
}

/** The page of the newest alert of high severity, which is the one with most to show. */
async function openAlert(page: Page): Promise<void> {
  await page.goto(`${address}/alerts?severity=high`)
  await page.getByRole('gridcell').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/alerts\/[0-9a-f]+/)
  await page.getByRole('treeitem').first().waitFor()
}

async function takeAll(browser: Browser, look: Look): Promise<void> {
  const { page } = await openPage(browser, look)
  const suffix = `${look.locale.slice(0, 2)}-${look.colorScheme}`
  await signIn(page, { address, name, password })
  await take(page, `incidents.${suffix}`)
  await openIncident(page)
  await take(page, `incident.${suffix}`)
  await page.goto(`${address}/alerts`)
  await take(page, `alert-queue.${suffix}`)
  await openAlert(page)
  await take(page, `alert.${suffix}`)
  const tabs = await page.getByRole('tab').all()
  for (const [index, tab] of tabs.entries()) {
    if (index === 0) continue
    await tab.click()
    await take(page, `alert-tab-${index}.${suffix}`)
  }
  for (const place of ['hosts', 'agents', 'letters', 'rules', 'health']) {
    await page.goto(`${address}/${place}`)
    await take(page, `${place}.${suffix}`)
  }
  await page.goto(`${address}/hosts`)
  await page.locator('a[href^="/hosts/"]').first().click()
  await page.getByRole('gridcell').first().waitFor()
  await take(page, `host-timeline.${suffix}`)
  await page.getByRole('tab').nth(1).click()
  await take(page, `host-processes.${suffix}`)
  await page.context().close()
}

async function takeForReadme(browser: Browser): Promise<void> {
  const images = join(ROOT, 'docs', 'images')
  mkdirSync(images, { recursive: true })
  for (const locale of ['en-US', 'zh-CN'] as const) {
    const { page } = await openPage(browser, { locale, colorScheme: 'light' })
    await signIn(page, { address, name, password })
    await openIncident(page)
    await page.waitForTimeout(SETTLE_MS)
    const suffix = locale === 'en-US' ? '' : `.${locale}`
    await page.screenshot({ path: join(images, `incident${suffix}.png`) })
    if (locale === 'en-US') {
      await page.goto(`${address}/incidents`)
      await page.getByRole('gridcell').first().waitFor()
      await page.waitForTimeout(SETTLE_MS)
      await page.screenshot({ path: join(images, 'incidents.png') })
      await page.goto(`${address}/hosts`)
      await page.locator('a[href^="/hosts/"]').first().click()
      await page.getByRole('tab', { name: 'Completeness' }).click()
      await page.getByText('Agent and server').waitFor()
      await page.waitForTimeout(SETTLE_MS)
      await page.screenshot({ path: join(images, 'completeness.png') })
    }
    await page.context().close()
  }
}

if (password === '') {
  process.stderr.write(
    'Use: node scripts/screenshots.ts ADDRESS USER PASSWORD [FOLDER] [--readme]\n',
  )
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const browser = await launchBrowser()
if (flags.readme) await takeForReadme(browser)
else for (const look of LOOKS) await takeAll(browser, look)
await browser.close()
