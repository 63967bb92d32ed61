/** Debian's Chromium, driven by playwright-core, on the console as the real server serves it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ROOT } from '../source-tree.ts'
import { PERSON } from './analyst.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Why browser tests cannot run here, or `false`. */
export const BROWSER_SKIP: string | false = !existsSync(CHROMIUM)
  ? `${CHROMIUM} is not installed`
  : !existsSync(join(ROOT, 'apps/console/dist/index.html')) && 'the console is not built'

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** How a page looks: language and colours. */
export interface Look {
  readonly locale: 'en-US' | 'zh-CN'
  readonly colorScheme: 'light' | 'dark'
}

export const LOOK: Look = { locale: 'en-US', colorScheme: 'light' }

/** A page and everything that went wrong on it. */
export interface WatchedPage {
  readonly page: Page
  /** Uncaught errors, console errors, dialogs and violations of the content security policy. */
  readonly problems: string[]
}

/** Opens a page in a browser context of its own. */
export async function openPage(browser: Browser, look: Look = LOOK): Promise<WatchedPage> {
  const context = await browser.newContext({ ...look, viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // Chromium logs every 401; a page that nobody has signed in on gets one when it asks who is
    // there.
    const isSignedOut = message.text().includes('the server responded with a status of 401')
    if (message.type() === 'error' && !isSignedOut) problems.push(`console: ${message.text()}`)
  })
  return { page, problems }
}

/** Makes the first user in the browser, with the link the server printed. */
export async function firstRun(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.locator('input[autocomplete=username]').fill(PERSON.name)
  await page.locator('input[autocomplete=new-password]').fill(PERSON.password)
  await page.locator('button[type=submit]').click()
  await page.waitForURL('**/incidents**')
}

/** Who signs in, and where. */
export interface SignIn {
  readonly address: string
  readonly name: string
  readonly password: string
}

/** Signs in through the page and waits for the first page. */
export async function signIn(page: Page, { address, name, password }: SignIn): Promise<void> {
  await page.goto(`${address}/sign-in`)
  await page.locator('input[autocomplete=username]').fill(name)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await page.locator('button[type=submit]').click()
  await page.waitForURL('**/incidents**')
}
