import { Budget } from '../bytes/budget.ts'
import { type BundleInfo, readBundleInfo } from '../bundles/info.ts'
import { AnalysisError } from '../errors.ts'
import type { EntryFinding } from './entry.ts'
import type { Member } from './unpack.ts'

/** A bundle among the members of a container: an application, framework, plug-in. */
export interface Bundle {
  /** Of its folder; the last part is empty when the container is the bundle itself. */
  readonly path: readonly string[]
  readonly info: BundleInfo
  /** The main executable, when it is there. */
  readonly executable?: readonly string[]
  /** Whether resources are sealed: `_CodeSignature/CodeResources`. */
  readonly isSealed: boolean
  /** Whether a notarization ticket is stapled to it. */
  readonly hasTicket: boolean
}

const INFO = /^(?:(.*)\/)?(Contents|Resources|Versions\/[^/]+\/Resources)\/Info\.plist$/
const INFO_BYTES_MAX = 1_048_576
const STEPS_MAX = 100_000
const BUNDLES_MAX = 4_096

/** The Info.plist of a bundle in a container, once read. */
interface Described {
  readonly folder: string
  readonly contents: string
  readonly info: BundleInfo
}

/** Gathers the bundles of one container as its members pass. */
export class BundleFinder {
  readonly #described: Described[] = []

  take(path: string, bytes: Uint8Array): void {
    const match = INFO.exec(path)
    const isWanted = bytes.length <= INFO_BYTES_MAX && this.#described.length < BUNDLES_MAX
    if (match === null || !isWanted) return
    const [, folder = '', place = ''] = match
    const contents = place.replace(/\/?Resources$/, '')
    try {
      const info = readBundleInfo(bytes, new Budget({ stepsMax: STEPS_MAX }))
      this.#described.push({ folder, contents, info })
    } catch (error) {
      // A list that is none describes no bundle; the file itself is a member all the same.
      if (!(error instanceof AnalysisError)) throw error
    }
  }

  /** @param parent Path of the container. @param members Its members by their paths in it. */
  bundles(parent: readonly string[], members: ReadonlyMap<string, Member>): readonly Bundle[] {
    return this.#described.map(({ folder, contents, info }) => {
      const inside = (name: string) => joined(folder, contents, name)
      const name = info.executable ?? ''
      const executable = [inside(`MacOS/${name}`), inside(name)].find(
        (path) => name !== '' && members.get(path)?.kind === 'file',
      )
      return {
        path: [...parent, folder],
        info,
        ...(executable !== undefined && { executable: [...parent, executable] }),
        isSealed: members.has(inside('_CodeSignature/CodeResources')),
        hasTicket: members.has(inside('CodeResources')),
      }
    })
  }

  /** Archives of Electron whose header is not the one the bundle promises. */
  *broken(members: ReadonlyMap<string, Member>): Iterable<{ path: string; finding: EntryFinding }> {
    for (const { folder, contents, info } of this.#described) {
      for (const { path, algorithm, hash } of info.asarIntegrity) {
        const whole = joined(folder, contents, path)
        const actual = members.get(whole)?.container?.facts['header_sha256']
        if (actual === undefined || algorithm !== 'SHA256' || actual === hash) continue
        const detail = 'The bundle promises another header of the archive.'
        yield { path: whole, finding: { code: 'integrity_mismatch', detail } }
      }
    }
  }
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/')
}
