import { createHash } from 'node:crypto'
import { Detector } from '@pomona/detect'
import { type BundleContent, loadBundle, problemsOf } from '@pomona/rules'
import {
  Bundle,
  BUNDLE_BYTES_MAX,
  BundleManifest,
  parseTime,
  type SigningKey,
  type TimeNs,
} from '@pomona/schema'
import { AgentError, messageOf } from '../errors.ts'
import { isSigned } from '../identity/signed-text.ts'

/** A bundle whose signature and files were checked and whose content was read. */
export interface CheckedBundle {
  /** SHA-256 of the manifest's text. */
  readonly id: string
  readonly manifest: BundleManifest
  readonly content: BundleContent
}

/** What a bundle is checked against. */
export interface BundleExpectation {
  readonly tenantId: string
  readonly keys: readonly SigningKey[]
}

/** Further demands on a bundle that is not yet in use. */
export interface BundleNovelty {
  /** The server's time. */
  readonly nowNs: TimeNs
  /** Highest version this agent has put to work; a new bundle is above it. */
  readonly versionMax: number
}

const PROBLEMS_SHOWN = 3
const REASON_MAX = 1_024

/** The id of a bundle. */
export function bundleId(bundle: Bundle): string {
  return sha256(bundle.manifest.payload)
}

/**
 * Checks a bundle: its signature, whose it is, and every file against the manifest. Then its
 * content is read as detection will read it, and an engine is built of it: what an engine refuses
 * must not get as far as the engine at work.
 *
 * @throws AgentError ERR_BUNDLE_REFUSED with the first thing that is wrong.
 */
export function checkBundle(value: unknown, expectation: BundleExpectation): CheckedBundle {
  const parsed = Bundle.safeParse(value)
  if (!parsed.success) throw refused('It has not the form of a bundle.')
  const bundle = parsed.data
  if (!isSigned(bundle.manifest, expectation.keys)) {
    throw refused('No key of this server signed it.')
  }
  const manifest = readManifest(bundle.manifest.payload)
  if (manifest.tenant_id !== expectation.tenantId) throw refused('It is for another tenant.')
  checkFiles(bundle, manifest)
  return { id: bundleId(bundle), manifest, content: readContent(bundle.files) }
}

/**
 * Checks that a bundle is newer than all before it and not out of date: an old one that is shown
 * again, or one that somebody kept from being replaced, is signed as well as any.
 *
 * @throws AgentError ERR_BUNDLE_REFUSED.
 */
export function checkNovelty(
  { manifest }: CheckedBundle,
  { nowNs, versionMax }: BundleNovelty,
): void {
  if (manifest.version <= versionMax) {
    throw refused(`Its version ${manifest.version} is not above ${versionMax}, which was in use.`)
  }
  if ((parseTime(manifest.expires) ?? 0n) <= nowNs) throw refused('It has expired.')
}

/** Makes the error of a bundle that is not used; the message says why and is sent to the server. */
export function refused(reason: string, cause?: unknown): AgentError {
  return new AgentError('ERR_BUNDLE_REFUSED', reason.slice(0, REASON_MAX), { cause })
}

function readManifest(payload: string): BundleManifest {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch (error) {
    throw refused('Its manifest is not JSON.', error)
  }
  const manifest = BundleManifest.safeParse(value)
  if (manifest.success) return manifest.data
  const [issue] = manifest.error.issues
  throw refused(`Its manifest: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

function checkFiles({ files }: Bundle, manifest: BundleManifest): void {
  const left = new Set(Object.keys(files))
  let bytes = 0
  for (const file of manifest.files) {
    const text = files[file.path]
    if (text === undefined || !left.delete(file.path)) {
      throw refused(`The file ${file.path} is missing, or named twice.`)
    }
    const size = Buffer.byteLength(text)
    bytes += size
    if (bytes > BUNDLE_BYTES_MAX) throw refused(`It has more than ${BUNDLE_BYTES_MAX} bytes.`)
    if (size !== file.bytes || sha256(text) !== file.sha256) {
      throw refused(`The file ${file.path} is not the one that was signed.`)
    }
  }
  const [extra] = left
  if (extra !== undefined) throw refused(`The file ${extra} is not in the manifest.`)
}

function readContent(files: Readonly<Record<string, string>>): BundleContent {
  let content: BundleContent
  try {
    content = loadBundle(files)
  } catch (error) {
    throw refused(`Its field mapping cannot be read: ${messageOf(error)}`, error)
  }
  const { rules, exceptions } = content
  if (rules.counts.failed > 0) {
    const failed = rules.outcomes.filter(({ state }) => state === 'failed')
    const shown = problemsOf(failed, 'fatal')
      .slice(0, PROBLEMS_SHOWN)
      .map(({ path, line, message }) => `${path}:${line}: ${message}`)
    throw refused(`Rules that cannot be loaded: ${rules.counts.failed}. ${shown.join(' ')}`)
  }
  try {
    void new Detector(rules.rules, { exceptions: exceptions.exceptions })
  } catch (error) {
    throw refused(`No engine can be built of it: ${messageOf(error)}`, error)
  }
  return content
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
