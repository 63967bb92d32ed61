import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import {
  bundleReport,
  type BundleSummary,
  type ContainerFacts,
  type ContainerFinding,
  type FileReport,
  type Finding,
  type Member,
  reportFile,
  unpack,
} from '@pomona/analysis'
import { CliError } from '../errors.ts'
import { bundleOf, checkBundle } from './bundle.ts'

/** How files are scanned. */
export interface ScanOptions {
  /** The time of the scan, in milliseconds since 1970. */
  readonly nowMs: number
  /** Larger files are not read. */
  readonly bytesMax: number
  readonly openContainers: boolean
  /** Whether ssdeep and TLSH are computed. */
  readonly similarity?: boolean
}

/** What was found out about a file, or about a member of one. */
export interface Scanned {
  readonly path: string
  /** One path for each container it is in, outermost first; absent for the file itself. */
  readonly member?: readonly string[]
  readonly container?: ContainerFacts
  /** What is odd in the container, at any depth; of the file itself only. */
  readonly findings?: readonly ContainerFinding[]
  /** Limits that were met: there is more in the file than was read. */
  readonly limits?: readonly string[]
  /** Applications, frameworks and plug-ins at any depth; of the file itself only. */
  readonly bundles?: readonly BundleSummary[]
  /** Of the main program of a bundle with a seal: what does not fit the seal. */
  readonly seal?: { readonly findings: readonly Finding[] }
  readonly report: FileReport
}

const memberKey = (path: readonly string[]): string => JSON.stringify(path)

/**
 * Reads a file whole.
 *
 * @throws CliError ERR_CLI_FILE when it cannot be read, is no regular file, or is too large.
 */
function readWhole(path: string, bytesMax: number): Buffer {
  let file: number | undefined
  try {
    // Without blocking: a pipe that nobody writes into would hold the scan for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const facts = fstatSync(file)
    if (!facts.isFile()) throw new Error('it is no regular file.')
    if (facts.size > bytesMax) throw new Error(`it has ${facts.size} bytes, above ${bytesMax}.`)
    const bytes = Buffer.allocUnsafe(facts.size)
    let length = 0
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, length)
      // It was made shorter meanwhile.
      if (read === 0) break
      length += read
    }
    return bytes.subarray(0, length)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError('ERR_CLI_FILE', `Cannot read ${path}: ${reason}`, { cause: error })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * Says what a file is, then what is in it where it is a container.
 *
 * @throws CliError ERR_CLI_FILE when it cannot be read.
 */
export function scanFile(path: string, options: ScanOptions): readonly Scanned[] {
  const bytes = readWhole(path, options.bytesMax)
  const name = basename(path)
  const bundle = bundleOf(path)
  const sealed = bundle === undefined ? {} : { sealed: bundle.files }
  const report = reportFile(bytes, { ...options, ...sealed, name })
  const fit = bundle === undefined ? undefined : checkBundle(bundle, options)
  const own: Scanned = { path, report, ...(fit !== undefined && { seal: { findings: fit } }) }
  if (!options.openContainers) return [own]
  const members: Scanned[] = []
  const visit = (member: Member, content: Uint8Array): void => {
    const inner = reportFile(content, { ...options, name: basename(member.path.at(-1) ?? '') })
    members.push({ path, member: member.path, report: inner })
  }
  const found = unpack(bytes, { name, visit })
  if (found.container === undefined) return [own]
  const { container, findings, limits, members: listed } = found
  const bundles = found.bundles.map(bundleReport)
  const containers = new Map(listed.map((one) => [memberKey(one.path), one.container]))
  return [
    { ...own, container, findings, limits, bundles },
    ...members.map((one) => {
      const inner = containers.get(memberKey(one.member ?? []))
      return inner === undefined ? one : { ...one, container: inner }
    }),
  ]
}
