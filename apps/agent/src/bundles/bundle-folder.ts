import { readdir } from 'node:fs/promises'
import { type Bundle, BundleFile } from '@pomona/schema'
import { z } from 'zod'
import { codeOf } from '../errors.ts'
import { readOwnFile, removeFile, replaceFile } from '../identity/atomic-file.ts'

const Sha256 = BundleFile.shape.sha256

/** What an agent remembers of bundles. */
export const BundleState = z.strictObject({
  active: Sha256.optional(),
  /** What ran before, and is gone back to. */
  previous: Sha256.optional(),
  version_max: z.int().min(0),
  /** The last bundle that was not taken, or not kept. */
  refused: z
    .strictObject({
      id: Sha256,
      state: z.enum(['refused', 'rolled_back']),
      reason: z.string(),
    })
    .optional(),
  /** Starts of the agent since `active` became that, until it has proven itself. */
  probation_starts: z.int().min(0).optional(),
})
export type BundleState = z.infer<typeof BundleState>

const STATE_FILE = 'state.json'
const BUNDLE_FILE = /^([0-9a-f]{64})\.json$/

/**
 * Bundles on disk, each in one file: it is there as a whole or not at all, and no path of a bundle
 * ever becomes a path of this Mac.
 */
export class BundleFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was remembered; a damaged memory is none, and the next bundle makes a new one. */
  async loadState(): Promise<BundleState> {
    const text = await readOwnFile(`${this.#folder}/${STATE_FILE}`)
    const parsed = BundleState.safeParse(parse(text))
    return parsed.success ? parsed.data : { version_max: 0 }
  }

  async saveState(state: BundleState): Promise<void> {
    await replaceFile(`${this.#folder}/${STATE_FILE}`, JSON.stringify(state))
  }

  /** The value of a bundle's file, unchecked; nothing when it is not there or no JSON. */
  async load(id: string): Promise<unknown> {
    return parse(await readOwnFile(this.#path(id)))
  }

  async save(id: string, bundle: Bundle): Promise<void> {
    await replaceFile(this.#path(id), JSON.stringify(bundle))
  }

  /** Removes all bundles but these. */
  async keepOnly(ids: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#names()) {
      const id = BUNDLE_FILE.exec(name)?.[1]
      if (id !== undefined && !ids.has(id)) await removeFile(this.#path(id))
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  #path(id: string): string {
    return `${this.#folder}/${Sha256.parse(id)}.json`
  }
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Damaged; whoever asked takes it for absent.
  }
}
