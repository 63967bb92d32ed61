import { Detector } from '@pomona/detect'
import { BUNDLE_PATHS, HOST_TAG, loadBundle, type Rule, type RuleSet } from '@pomona/rules'
import { type AgentPolicy, BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX, BundleFile } from '@pomona/schema'
import type { BundleFiles } from '@pomona/store'
import type { ContentTexts } from '../engine/content.ts'
import { messageOf } from '../errors.ts'

/** The server's content: its texts, and what came of its rules. */
export interface HostContent {
  readonly texts: ContentTexts
  readonly rules: RuleSet
}

/** What hosts are to run, tried as they will. */
export interface BuiltContent {
  readonly files: BundleFiles
  /** Rules that run there. */
  readonly rules: number
  /** Marked rules that cannot, each with the reason. */
  readonly leftOut: readonly string[]
}

/** Why nothing can be offered to hosts. */
export class ContentUnfit extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ContentUnfit'
  }
}

const PathText = BundleFile.shape.path
const ROUNDS_MAX = 8

/**
 * Gathers the rules marked for the host with what belongs to them, and loads the result exactly as
 * an agent does. A marked rule that does not come to the same there, because it stands on a rule in
 * a file that is not marked, is left out; nothing else suffers for it.
 *
 * @throws ContentUnfit when no engine can be built, or it is too much for a bundle.
 */
export function buildContent({ texts, rules }: HostContent): BuiltContent {
  const marked = rules.rules.filter(({ tags }) => tags.includes(HOST_TAG))
  const leftOut = new Map<string, string>()
  for (const { path } of marked) {
    if (!PathText.safeParse(path).success) leftOut.set(path, 'its path does not fit a bundle')
  }
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const kept = marked.filter(({ path }) => !leftOut.has(path))
    const files = filesOf(texts, pathsOf(kept, rules))
    const unfit = unfitIn(files, kept)
    for (const [path, reason] of unfit) leftOut.set(path, reason)
    if (unfit.size > 0) continue
    return { files, rules: tryOut(files), leftOut: linesOf(leftOut) }
  }
  throw new ContentUnfit('The rules marked for the host do not come to an end.')
}

function linesOf(leftOut: ReadonlyMap<string, string>): readonly string[] {
  return Array.from(leftOut, ([path, reason]) => `${path}: ${reason}.`)
}

/** Files of the rules, and of the filters that are part of them. */
function pathsOf(kept: readonly Rule[], { outcomes }: RuleSet): ReadonlySet<string> {
  const ids = new Set(kept.map(({ id }) => id))
  const filters = outcomes.flatMap((outcome) =>
    outcome.state === 'applied' && outcome.ruleIds.some((id) => ids.has(id)) ? [outcome.path] : [],
  )
  return new Set([...kept.map(({ path }) => path), ...filters])
}

function filesOf(texts: ContentTexts, paths: ReadonlySet<string>): BundleFiles {
  const rules = texts.rules.filter(({ path }) => paths.has(path))
  const exceptions = texts.exceptions.filter(({ path }) => PathText.safeParse(path).success)
  return Object.fromEntries([
    [BUNDLE_PATHS.mapping, texts.mapping],
    ...[...rules, ...exceptions].map(({ path, text }) => [path, text] as const),
  ])
}

function unfitIn(files: BundleFiles, kept: readonly Rule[]): ReadonlyMap<string, string> {
  const { outcomes, rules } = load(files).rules
  const versions = new Map(rules.map(({ id, version }) => [id, version]))
  const unfit = new Map<string, string>()
  for (const outcome of outcomes) {
    if (outcome.state === 'failed') unfit.set(outcome.path, 'it cannot be loaded by itself')
  }
  for (const { id, path, version } of kept) {
    if (versions.get(id) !== version) unfit.set(path, 'it stands on rules in other files')
  }
  return unfit
}

function load(files: BundleFiles): ReturnType<typeof loadBundle> {
  try {
    return loadBundle(files)
  } catch (error) {
    throw new ContentUnfit(`The field mapping cannot be read: ${messageOf(error)}`, error)
  }
}

/** @returns Rules that run. */
function tryOut(files: BundleFiles): number {
  const sizes = Object.values(files).map((text) => Buffer.byteLength(text))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  if (sizes.length > BUNDLE_FILES_MAX || bytes > BUNDLE_BYTES_MAX) {
    throw new ContentUnfit(`${sizes.length} files of ${bytes} bytes are too much for a bundle.`)
  }
  const { rules, exceptions } = load(files)
  try {
    void new Detector(rules.rules, { exceptions: exceptions.exceptions })
  } catch (error) {
    throw new ContentUnfit(`No engine can be built of the rules: ${messageOf(error)}`, error)
  }
  return rules.rules.length
}

/** Text that is the same for the same files and policy, and for nothing else. */
export function contentText(files: BundleFiles, policy: AgentPolicy): string {
  const sorted = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([sorted, Object.entries(policy).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}
