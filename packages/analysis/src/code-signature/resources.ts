import { hash } from 'node:crypto'
import type { Budget } from '../bytes/budget.ts'
import { AnalysisError } from '../errors.ts'
import { readPlist } from '../plist/plist.ts'
import { plistMap, type PlistValue } from '../plist/value.ts'
import type { Finding } from './findings.ts'
import { isKnownPattern, placeOf, readResourceRules, type ResourceRule } from './resource-rules.ts'

/** What a bundle's seal has of one file. */
export interface SealedResource {
  readonly path: string
  /** SHA-256; absent for links and nested code. */
  readonly sha256?: string
  readonly sha1?: string
  readonly link?: string
  readonly optional: boolean
  /** Of code with a signature of its own. */
  readonly cdhash?: string
  readonly requirement?: string
}

/** `_CodeSignature/CodeResources`. */
export interface ResourceSeal {
  readonly resources: ReadonlyMap<string, SealedResource>
  readonly rules: readonly ResourceRule[]
  /** Whether there are rules of version 2; before, nested code and links were not sealed. */
  readonly version: 1 | 2
}

const hex = (value: PlistValue | undefined): string | undefined =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : undefined

const text = (value: PlistValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

function readResource(path: string, value: PlistValue): SealedResource {
  const map = plistMap(value)
  const known = {
    // A bare value is the SHA-1 of version 1.
    sha1: hex(value) ?? hex(map?.get('hash')),
    sha256: hex(map?.get('hash2')),
    link: text(map?.get('symlink')),
    cdhash: hex(map?.get('cdhash')),
    requirement: text(map?.get('requirement')),
  }
  const present = Object.entries(known).filter(([, one]) => one !== undefined)
  return { path, optional: map?.get('optional') === true, ...Object.fromEntries(present) }
}

/**
 * Reads the seal of a bundle.
 *
 * @throws AnalysisError ERR_ANALYSIS_MALFORMED, ERR_ANALYSIS_TRUNCATED or ERR_ANALYSIS_LIMIT.
 */
export function readResourceSeal(bytes: Uint8Array, budget: Budget): ResourceSeal {
  const list = plistMap(readPlist(bytes, budget))
  const second = plistMap(list?.get('files2'))
  const files = second ?? plistMap(list?.get('files'))
  const rules = plistMap(list?.get(second === undefined ? 'rules' : 'rules2'))
  if (files === undefined || rules === undefined) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The seal has no files or no rules.')
  }
  budget.spendItems(files.size)
  return {
    resources: new Map([...files].map(([path, value]) => [path, readResource(path, value)])),
    rules: readResourceRules(rules),
    version: second === undefined ? 1 : 2,
  }
}

/** A file of the bundle, by its path below `Contents`. */
export type BundleFile =
  | { readonly path: string; readonly read: () => Uint8Array }
  | { readonly path: string; readonly cdhashes: readonly string[] }
  | { readonly path: string; readonly link: string }

const finding = (id: string, detail: string): Finding => ({ id, detail })

function compare(sealed: SealedResource, file: BundleFile): Finding | undefined {
  const { path } = file
  if ('link' in file) {
    if (sealed.link === file.link) return undefined
    return finding('resource_modified', `${path} is a link to ${file.link}.`)
  }
  if (sealed.cdhash !== undefined) {
    if ('cdhashes' in file && file.cdhashes.includes(sealed.cdhash)) return undefined
    return finding('nested_code_modified', `${path} is other code than was sealed.`)
  }
  if (!('read' in file)) return finding('resource_modified', `${path} was sealed as a file.`)
  const { sha256, sha1 } = sealed
  const bytes = file.read()
  const right =
    sha256 === undefined
      ? sha1 !== undefined && hash('sha1', bytes, 'hex') === sha1
      : hash('sha256', bytes, 'hex') === sha256
  return right ? undefined : finding('resource_modified', `${path} is not what was sealed.`)
}

/**
 * Where a nested bundle's code is sealed: under the bundle's own path. `Helpers/Tool.app` covers
 * everything below it, which its own seal is for.
 */
function coveringBundle(path: string, seal: ResourceSeal): string | undefined {
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const folder = path.slice(0, at)
    if (seal.resources.get(folder)?.cdhash !== undefined) return folder
  }
  return undefined
}

/**
 * Compares the files of a bundle with its seal: what was changed, taken away or put in.
 *
 * @param files All files and links below `Contents`, except the main program and what lies in
 *              `_CodeSignature`. Code that the seal has a cdhash of carries its own; a nested
 *              bundle stands as one entry under its own path. Files are read one by one.
 */
export function checkResources(
  seal: ResourceSeal,
  files: readonly BundleFile[],
): readonly Finding[] {
  const found: Finding[] = []
  for (const { pattern } of seal.rules) {
    if (!isKnownPattern(pattern)) {
      found.push(finding('resource_rule_unknown', `The rule ${pattern} is not one of codesign's.`))
    }
  }
  const present = new Set<string>()
  for (const file of files) {
    present.add(file.path)
    const sealed = seal.resources.get(file.path)
    const place = placeOf(file.path, seal.rules)
    if (sealed !== undefined) {
      const wrong = compare(sealed, file)
      if (wrong !== undefined) found.push(wrong)
    } else if (place !== 'omitted' && coveringBundle(file.path, seal) === undefined) {
      found.push(finding('resource_added', `${file.path} is not sealed.`))
    }
  }
  for (const { path, optional } of seal.resources.values()) {
    if (present.has(path) || optional) continue
    found.push(finding('resource_missing', `${path} was sealed and is gone.`))
  }
  return found
}
