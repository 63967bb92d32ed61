/**
 * `npm run package`: builds the agent for macOS and Linux, the installer package, and the profiles.
 *
 *   --team-id ID        also writes the profiles, for this team
 *   --bundle-id ID      default io.pomona.agent; another one for a build signed by an organisation
 *   --organization NAME shown in the profiles
 *   --config FILE       the agent's configuration, laid down by the package; JSON
 *   --out FOLDER        default dist/agent
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { applicationBundle } from './bundle.ts'
import { CONFIG_PATH, launchdPlist } from './launchd.ts'
import { productPackage } from './package/product-package.ts'
import { BUNDLE_ID_DEFAULT, checkBundleId, INSTALL_FOLDER, launchdPath } from './product.ts'
import { profiles } from './profiles.ts'
import { postinstallScript, preinstallScript, uninstallScript } from './scripts.ts'
import { compile, type Target, TARGETS } from './toolchain.ts'
import { file, folder, type TreeEntry } from './tree.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const ENTRY = join(ROOT, 'apps', 'agent', 'src', 'main.ts')
const TOOLS = join(ROOT, 'node_modules', '.cache', 'pomona')
const GROUP_ADMIN = 80
const BYTES_PER_MB = 1_000_000
/** Times inside the package: fixed, so that the same sources give the same package. */
const SECONDS = 1_767_225_600

const { values: flags } = parseArgs({
  options: {
    'team-id': { type: 'string' },
    'bundle-id': { type: 'string', default: BUNDLE_ID_DEFAULT },
    organization: { type: 'string', default: 'Pomona' },
    config: { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'dist', 'agent') },
  },
})

const bundleId = checkBundleId(flags['bundle-id'])
const product = { bundleId, version: agentVersion() }
const out = flags.out
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

const written: string[] = []
for (const target of TARGETS) {
  const path = executablePath(target)
  compile(ENTRY, path, { target, toolFolder: TOOLS })
  written.push(path)
}
const slices = [executablePath('darwin-arm64'), executablePath('darwin-x64')]
const bundle = applicationBundle(
  slices.map((path) => readFileSync(path)),
  product,
)
write(
  `pomona-agent-${product.version}.pkg`,
  productPackage({
    product,
    entries: [
      folder('Library'),
      folder('Library/Application Support', 0o755, GROUP_ADMIN),
      folder(INSTALL_FOLDER),
      ...bundle,
      ...configuration(),
      folder('Library/LaunchDaemons'),
      file(launchdPath(product), launchdPlist(product)),
    ],
    preinstall: preinstallScript(product),
    postinstall: postinstallScript(product),
    seconds: SECONDS,
  }),
)
write('uninstall.sh', uninstallScript(product))
const teamId = flags['team-id']
if (teamId !== undefined) {
  const texts = profiles({ teamId, bundleId, organization: flags.organization })
  for (const { name, text } of texts) write(name, text)
}
const sums = written.map((path) => `${sha256(path)}  ${basename(path)}`)
write('SHA256SUMS', `${sums.join('\n')}\n`)
for (const path of written) {
  const megabytes = (statSync(path).size / BYTES_PER_MB).toFixed(1)
  process.stdout.write(`${megabytes.padStart(7)} MB  ${relative(process.cwd(), path)}\n`)
}
if (teamId === undefined) {
  process.stderr.write('No profiles: they are made for a team, --team-id ID.\n')
}

/** The configuration is for root alone: it may hold an enrolment token. */
function configuration(): readonly TreeEntry[] {
  if (flags.config === undefined) return []
  const text = readFileSync(flags.config, 'utf8')
  JSON.parse(text)
  return [file(CONFIG_PATH.slice(1), text, 0o600)]
}

function executablePath(target: Target): string {
  return join(out, `pomona-agent-${target}`)
}

function agentVersion(): string {
  const text = readFileSync(join(ROOT, 'apps', 'agent', 'package.json'), 'utf8')
  // Our own file; a version that is none would stop the build at the property lists.
  const { version } = JSON.parse(text) as { readonly version: string }
  return version
}

function write(name: string, content: string | Uint8Array): void {
  const path = join(out, name)
  writeFileSync(path, content)
  written.push(path)
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
