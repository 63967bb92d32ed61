import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The Bun that compiles the agent and is inside of it. */
export const BUN_VERSION = '1.4.5'

/** What the agent is built for. */
export const TARGETS = ['darwin-arm64', 'darwin-x64', 'linux-x64'] as const
/** One of {@link TARGETS}. */
export type Target = (typeof TARGETS)[number]

/**
 * Packages of the npm registry with Bun's executables, by target, with the digest of the version
 * above: what arrives is compared with it before it is used. The Macs with an Intel processor get
 * the build for processors without AVX2.
 */
const PACKAGES: Readonly<Record<Target, { readonly name: string; readonly sha512: string }>> = {
  'darwin-arm64': {
    name: '@oven/bun-darwin-aarch64',
    sha512:
      '4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==',
  },
  'darwin-x64': {
    name: '@oven/bun-darwin-x64-baseline',
    sha512:
      'zqfLA5A4B+hYMh5WYzYSot3uZ06FzhdP0OEwQisEzdirYtXGj5cQFlfy31BGfNsAsk1Gd/w/OxJ/jqqJ3cMclw==',
  },
  'linux-x64': {
    name: '@oven/bun-linux-x64',
    sha512:
      'IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
  },
}

/**
 * Path of Bun's executable for a target. Fetched from the configured npm registry the first time,
 * compared with the pinned digest, and kept under `folder`.
 *
 * @throws Error when it cannot be fetched, or is not what was pinned.
 */
export function bunFor(target: Target, folder: string): string {
  const { name, sha512 } = PACKAGES[target]
  const home = join(folder, `bun-${BUN_VERSION}-${target}`)
  const executable = join(home, 'package', 'bin', 'bun')
  if (existsSync(executable)) return executable
  const unpacked = `${home}.part`
  rmSync(unpacked, { recursive: true, force: true })
  mkdirSync(unpacked, { recursive: true })
  const [packed] = run('npm', ['pack', `${name}@${BUN_VERSION}`, '--silent'], unpacked).split('\n')
  const archive = join(unpacked, packed ?? '')
  const digest = createHash('sha512').update(readFileSync(archive)).digest('base64')
  if (digest !== sha512) {
    rmSync(unpacked, { recursive: true, force: true })
    throw new Error(`${name}@${BUN_VERSION} is not what was pinned: its SHA-512 is ${digest}.`)
  }
  run('tar', ['-xzf', archive], unpacked)
  rmSync(archive)
  renameSync(unpacked, home)
  return executable
}

/**
 * Compiles a program with everything it imports into one executable. Nothing is read from the
 * folder it is started in: no `.env`, no `bunfig.toml`, no `package.json`, because the agent is
 * root and the folder might be anybody's.
 *
 * @throws Error with Bun's own words when it fails.
 */
export function compile(
  entry: string,
  out: string,
  options: { readonly target: Target; readonly toolFolder: string },
): void {
  const bun = bunFor('linux-x64', options.toolFolder)
  const base = bunFor(options.target, options.toolFolder)
  const args = ['build', '--compile', '--minify', '--keep-names', '--sourcemap=none']
  const names = { 'darwin-x64': 'darwin-x64-baseline' } as const
  const target = options.target === 'darwin-x64' ? names[options.target] : options.target
  run(
    bun,
    [
      ...args,
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      `--target=bun-${target}`,
      `--compile-executable-path=${base}`,
      entry,
      '--outfile',
      out,
    ],
    join(out, '..'),
  )
}

function run(program: string, args: readonly string[], folder: string): string {
  const result = spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
  if (result.status === 0) return result.stdout.trim()
  const words = result.error?.message ?? `${result.stderr}${result.stdout}`.trim()
  throw new Error(`${program} ${args[0] ?? ''} failed: ${words.slice(-2_000)}`)
}
