/**
 * Makes a checkout ready, then hands over to a script: `node scripts/setup.mjs [--console] [--browser] [SCRIPT …]`.
 *
 * Plain JavaScript, because it is the one file that runs on whatever Node the machine has (20 or newer).
 * Everything after it runs on the Node that package-lock.json pins. npm's own `pre…` scripts cannot do
 * this: `ignore-scripts` in .npmrc, which keeps dependencies from running code at install, turns them off.
 *
 *   --console   builds the web console when its sources are newer than its build
 *   --browser   installs Debian's chromium for the browser tests, when it can
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOT, 'node_modules', '.bin')
const NODE = join(BIN, 'node')
const CHROMIUM = '/usr/bin/chromium'
const FONTS = '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'
const NODE_MAJOR_MIN = 26
const ATTEMPTS_MAX = 2
const APT_TIMEOUT_MS = 600_000
// What the console is built from: its own files and the one package it imports.
const CONSOLE_SOURCES = [
  'apps/console/src',
  'apps/console/public',
  'apps/console/index.html',
  'apps/console/vite.config.ts',
  'package-lock.json',
  'packages/schema/src',
]

const say = (text) => process.stderr.write(`setup: ${text}\n`)

function fail(text) {
  say(text)
  process.exit(1)
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages ?? {}
  } catch {
    return undefined // Missing or cut short: the caller treats it as "nothing installed".
  }
}

/** What stops node_modules from being what package-lock.json says, or `undefined`. */
function staleReason() {
  const wanted = lockedPackages('package-lock.json')
  if (wanted === undefined) fail('package-lock.json cannot be read; restore it with git checkout.')
  const present = lockedPackages('node_modules/.package-lock.json')
  if (present === undefined) return 'node_modules is missing'
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') || entry.optional) continue
    // A package of our own: a checkout from before it began has no link to it.
    if (entry.link && !existsSync(join(ROOT, path))) return `${path} is missing`
    if (entry.link) continue
    if (present[path]?.version !== entry.version) return `${path} is not ${entry.version}`
  }
  return undefined
}

function installPackages() {
  const reason = staleReason()
  if (reason === undefined) return
  say(`${reason}: running npm ci …`)
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const result = spawnSync(
      command,
      [...args, 'ci', '--include=dev', '--include=optional', '--loglevel=error'],
      {
        cwd: ROOT,
        stdio: ['ignore', 2, 2],
      },
    )
    if (result.status === 0) return
    const why = result.error?.message ?? `exit code ${result.status}`
    say(`npm ci failed (${why}), attempt ${attempt} of ${ATTEMPTS_MAX}`)
  }
  fail('the dependencies could not be installed. Check the network and the registry, then retry.')
}

/** The Node that everything else runs on: the pinned one, or the machine's if that is new enough. */
function chosenNode() {
  if (existsSync(NODE)) return NODE
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath
  return fail(
    `no pinned Node for ${process.platform}-${process.arch}: install Node ${NODE_MAJOR_MIN} and retry.`,
  )
}

function newestMs(paths) {
  const files = paths.filter(existsSync).flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path, { recursive: true }).map((name) => join(path, name))
  })
  return Math.max(0, ...files.map((file) => statSync(file).mtimeMs))
}

function buildConsole(node) {
  const folder = join(ROOT, 'apps', 'console')
  const built = newestMs([join(folder, 'dist', 'index.html')])
  if (built > newestMs(CONSOLE_SOURCES.map((name) => join(ROOT, name)))) return
  say('building the console …')
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  const result = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  })
  if (result.status !== 0) fail('the console could not be built; its messages are above.')
}

function apt(args) {
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0']
  const result = spawnSync('apt-get', [...options, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 2],
    timeout: APT_TIMEOUT_MS,
  })
  return result.status === 0
}

/** Why chromium cannot be installed here, or `undefined` after it was. */
function installBrowser() {
  if (!existsSync('/etc/debian_version')) return 'this is not Debian'
  if (process.getuid?.() !== 0) return 'only root can install it: apt-get install chromium'
  say('installing chromium and Chinese fonts for the browser tests …')
  if (!apt(['update']) && !apt(['update'])) return 'apt-get update failed'
  const install = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-cjk']
  return apt(install) ? undefined : 'apt-get install failed'
}

function ensureBrowser() {
  if (existsSync(CHROMIUM) && existsSync(FONTS)) return
  const reason = installBrowser()
  if (existsSync(CHROMIUM)) {
    if (reason !== undefined) say(`Chinese fonts are missing (${reason}); screenshots show boxes.`)
    return
  }
  say(`WARNING: browser tests will be skipped: no ${CHROMIUM} (${reason}).`)
}

/** Runs the script in our place: same terminal, same signals, same exit code. */
function handOver(node, args) {
  const path = `${BIN}${delimiter}${process.env.PATH ?? ''}`
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } })
  // The terminal sends its own SIGINT to both; only what was sent to us alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`${node} does not start: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1
    if (signal !== null) say(`${args[0]} ended by ${signal}`)
  })
}

const flags = new Set(['--console', '--browser'])
const args = process.argv.slice(2)
const options = new Set()
while (flags.has(args[0])) options.add(args.shift())

installPackages()
const node = chosenNode()
if (options.has('--browser')) ensureBrowser()
if (options.has('--console')) buildConsole(node)
if (args.length > 0) handOver(node, args)
