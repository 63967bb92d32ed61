/** The peer: rsigma, a Sigma engine in Rust, installed by Cargo where there is one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** The newest version that builds with Rust 1.95; newer ones need a newer compiler. */
export const RSIGMA_VERSION = '0.23.0'

const CACHE = join(import.meta.dirname, '../node_modules/.cache', `rsigma-${RSIGMA_VERSION}`)

/** Where the program is, or why it is not there. */
export type Peer = { readonly path: string } | { readonly missing: string }

/** Finds rsigma in the cache, or installs it there: that takes about ten minutes, once. */
export function rsigma(): Peer {
  const path = join(CACHE, 'bin/rsigma')
  if (existsSync(path)) return { path }
  if (spawnSync('cargo', ['--version']).status !== 0) {
    return { missing: 'Cargo is not installed, so rsigma could not be built.' }
  }
  mkdirSync(CACHE, { recursive: true })
  process.stderr.write(`Installing rsigma ${RSIGMA_VERSION} with Cargo …\n`)
  const args = ['install', '--locked', '--version', RSIGMA_VERSION, '--root', CACHE, 'rsigma']
  try {
    execFileSync('cargo', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  } catch {
    return { missing: '`cargo install rsigma` failed; its reason stands above.' }
  }
  return { path }
}

/** How rsigma is asked to run. Everything that it offers to go faster is in one of these. */
export const RSIGMA_MODES: readonly (readonly string[])[] = [
  [],
  ['--input-format', 'json'],
  ['--input-format', 'json', '--bloom-prefilter'],
]

/** Arguments that evaluate a file of events, one JSON object a match on standard output. */
export function rsigmaArgs(options: {
  readonly rules: string
  readonly events: string
  readonly route: boolean
  readonly mode: readonly string[]
}): readonly string[] {
  const { rules, events, route, mode } = options
  const routing = route ? ['--logsource-routing'] : []
  const head = ['--output-format', 'ndjson', '--no-stats', 'engine', 'eval']
  return [...head, '-r', rules, '-e', `@${events}`, ...routing, ...mode]
}
