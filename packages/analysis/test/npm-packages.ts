/** Real binaries of npm packages, fetched by version and integrity; none is kept in the tree. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIST = join(import.meta.dirname, '../../../../shared/data/artifacts/npm-macho-corpus.json')

/** What was measured of one image of a package with other tools. */
export interface KnownImage {
  readonly path: string
  readonly arch: string
  readonly filetype: string
  readonly signature: string
  readonly flags?: string
  readonly identifier?: string
  readonly team?: string
  readonly cd_version?: string
  readonly hashes?: string
  readonly page_size?: number
  readonly cdhash?: string
  readonly special?: Readonly<Record<string, string>>
  readonly bad_pages?: string
}

/** A package with Mach-O files. */
export interface KnownPackage {
  readonly package: string
  readonly version: string
  readonly integrity: string
  readonly tarball_bytes: number
  readonly machos: readonly KnownImage[]
}

/** The packages; none where the list is not at hand. */
export function knownPackages(): readonly KnownPackage[] {
  if (!existsSync(LIST)) return []
  // Data beside the checkout: a wrong shape fails the test that reads it.
  return JSON.parse(readFileSync(LIST, 'utf8')) as KnownPackage[]
}

const CACHE = join(tmpdir(), 'pomona-npm-packages')

/** Unpacks a package below the machine's temporary folder, once; what is wrong is the reason. */
function unpack({ package: name, version, integrity }: KnownPackage, folder: string): void {
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(join(CACHE, 'fetch-'))
  const args = ['pack', '--silent', '--pack-destination', work, `${name}@${version}`]
  const options = { cwd: work, encoding: 'utf8', timeout: 300_000, stdio: 'pipe' } as const
  const file = execFileSync('npm', args, options).trim().split('\n').at(-1) ?? ''
  const bytes = readFileSync(join(work, file))
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  if (found !== integrity) throw new Error(`${name}@${version} has the integrity ${found}`)
  const inside = join(work, 'inside')
  mkdirSync(inside)
  // Most packages lie in a folder `package`, and some in one of their own.
  execFileSync('tar', ['xzf', join(work, file), '-C', inside, '--strip-components=1'])
  renameSync(inside, folder)
  rmSync(work, { recursive: true, force: true })
}

/** The folder of a package's files, or why it cannot be had. */
export function packageFolder(
  name: string,
): { readonly known: KnownPackage; readonly folder: string } | { readonly skip: string } {
  const known = knownPackages().find((one) => one.package === name)
  if (known === undefined) return { skip: 'the list of packages is not at ../shared/data' }
  const folder = join(CACHE, `${name.replaceAll('/', '+')}@${known.version}`)
  try {
    if (!existsSync(folder)) unpack(known, folder)
    return { known, folder }
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n')
    return { skip: `${name} cannot be fetched: ${reason}` }
  }
}

/** Reads a file of a package by the path in its tarball. */
export function packageFile(folder: string, { path }: KnownImage): Buffer {
  return readFileSync(join(folder, path.replace(/^[^/]+\//, '')))
}
