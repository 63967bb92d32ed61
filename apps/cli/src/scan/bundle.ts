import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  attempt,
  Budget,
  type BundleFile,
  checkResources,
  type FileOptions,
  type Finding,
  plistMap,
  plistText,
  readPlist,
  readResourceSeal,
  type ResourceSeal,
  reportFile,
  type SealedFiles,
} from '@pomona/analysis'

/** A bundle with a folder `Contents`, and what seals it. */
export interface Bundle {
  readonly contents: string
  /** The program that the seal hangs on; absent when Info.plist does not say. */
  readonly program?: string
  readonly files: SealedFiles
}

/** Entries of a bundle that are compared; more are told as a limit. */
const FILES_MAX = 200_000
const FILE_BYTES_MAX = 536_870_912

function readIfThere(path: string): Buffer | undefined {
  const isFile = existsSync(path) && lstatSync(path).isFile()
  return isFile && lstatSync(path).size <= FILE_BYTES_MAX ? readFileSync(path) : undefined
}

function programName(infoPlist: Uint8Array | undefined): string | undefined {
  if (infoPlist === undefined) return undefined
  const read = attempt('Info.plist', () => readPlist(infoPlist, new Budget()))
  const name = read.ok ? plistText(plistMap(read.value)?.get('CFBundleExecutable')) : undefined
  // A name with a slash would lead out of the bundle.
  return name === undefined || name === '' || /[/\0]/.test(name) ? undefined : name
}

/** The bundle whose folder this is; undefined when there is no `Contents` with an Info.plist. */
function openBundle(folder: string): Bundle | undefined {
  const contents = join(folder, 'Contents')
  const infoPlist = readIfThere(join(contents, 'Info.plist'))
  if (infoPlist === undefined) return undefined
  const resources = readIfThere(join(contents, '_CodeSignature', 'CodeResources'))
  const name = programName(infoPlist)
  return {
    contents,
    ...(name !== undefined && { program: join(contents, 'MacOS', name) }),
    files: {
      infoPlist,
      ...(resources !== undefined && { resources }),
      ticketStapled: existsSync(join(contents, 'CodeResources')),
    },
  }
}

/** The bundle that a file is the main program of; undefined for any other file. */
export function bundleOf(path: string): Bundle | undefined {
  const [contents, folder] = [dirname(dirname(path)), dirname(path)]
  if (basename(folder) !== 'MacOS' || basename(contents) !== 'Contents') return undefined
  const bundle = openBundle(dirname(contents))
  return bundle?.program === path ? bundle : undefined
}

/** The cdhashes of code, of all its slices. */
function cdhashesOf(path: string, options: FileOptions): readonly string[] {
  const bytes = readIfThere(path)
  if (bytes === undefined) return []
  return reportFile(bytes, options).images.flatMap(({ signature }) =>
    (signature?.directories ?? []).map(({ cdhash }) => cdhash),
  )
}

interface Walk {
  readonly bundle: Bundle
  readonly seal: ResourceSeal
  readonly options: FileOptions
  readonly found: BundleFile[]
}

/** Sealed nested code: a program, or the bundle that it is the program of. */
function nestedCode({ bundle, options }: Walk, path: string): BundleFile {
  const inner = join(bundle.contents, path)
  const program = lstatSync(inner).isDirectory() ? openBundle(inner)?.program : inner
  const cdhashes = program === undefined ? [] : cdhashesOf(program, options)
  return { path, cdhashes }
}

function walk(state: Walk, below: string): void {
  const { bundle, seal, found } = state
  for (const entry of readdirSync(join(bundle.contents, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    const full = join(bundle.contents, path)
    // Neither the seal nor a stapled ticket is sealed, and the program has the directory.
    const isSeal = path === '_CodeSignature' || path === 'CodeResources'
    if (isSeal || full === bundle.program || found.length >= FILES_MAX) continue
    if (seal.resources.get(path)?.cdhash !== undefined) found.push(nestedCode(state, path))
    else if (entry.isSymbolicLink()) found.push({ path, link: readlinkSync(full) })
    else if (entry.isDirectory()) walk(state, path)
    else found.push({ path, read: () => readIfThere(full) ?? new Uint8Array() })
  }
}

/**
 * Compares what is in a bundle with its seal.
 *
 * @returns Findings; undefined when the bundle has no seal. The seal itself is compared with the
 *          program's signature where the program is scanned.
 */
export function checkBundle(bundle: Bundle, options: FileOptions): readonly Finding[] | undefined {
  const { resources } = bundle.files
  if (resources === undefined) return undefined
  const seal = attempt('CodeResources', () => readResourceSeal(resources, new Budget()))
  if (!seal.ok) return [{ id: 'seal_unreadable', detail: seal.problem.message }]
  const state: Walk = { bundle, seal: seal.value, options, found: [] }
  walk(state, '')
  return checkResources(seal.value, state.found)
}
