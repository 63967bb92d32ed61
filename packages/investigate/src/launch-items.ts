import { isTrustedTool } from './hub.ts'
import type { IncidentLimits } from './limits.ts'
import type { ProcessNode } from './node.ts'

/** What somebody set up to be started by launchd. */
export interface LaunchItem {
  readonly path: string
  readonly registrar: ProcessNode
  readonly atMs: number
  readonly executable: string | undefined
}

const FOLDER = /\/Library\/Launch(?:Agents|Daemons)\/([^/]+)\.plist$/

/** Name of the launch item that a property list defines, by convention its label. */
export function launchItemLabel(path: string): string | undefined {
  return FOLDER.exec(path)?.[1]
}

/** The launch items of one host that were set up of late. */
export class LaunchItems {
  readonly #limits: IncidentLimits
  readonly #release: (registrar: ProcessNode) => void
  readonly #byPath = new Map<string, LaunchItem>()
  #evicted = 0

  constructor(limits: IncidentLimits, release: (registrar: ProcessNode) => void) {
    this.#limits = limits
    this.#release = release
  }

  get counts(): { readonly held: number; readonly evicted: number } {
    return { held: this.#byPath.size, evicted: this.#evicted }
  }

  entries(): Iterable<LaunchItem> {
    return this.#byPath.values()
  }

  /** Notes who set up an item; what is known of its program stays known. */
  add(item: LaunchItem): void {
    const known = this.#byPath.get(item.path)
    if (known !== undefined) this.#forget(known)
    this.#byPath.set(item.path, { ...item, executable: item.executable ?? known?.executable })
    item.registrar.references += 1
    if (this.#byPath.size <= this.#limits.launchItemsMax) return
    const [oldest] = this.#byPath.values()
    if (oldest === undefined) return
    this.#forget(oldest)
    this.#evicted += 1
  }

  /** Forgets what a process set up. */
  forgetRegistrar(registrar: ProcessNode): void {
    for (const item of this.#byPath.values()) if (item.registrar === registrar) this.#forget(item)
  }

  /** Takes an item from saved state. */
  restore(item: LaunchItem): void {
    this.#byPath.set(item.path, item)
  }

  /**
   * The item that launchd started a process for: by its label, else by its program. Shells and
   * other tools of the system are the program of many items and count by label only.
   */
  startedBy(node: ProcessNode): LaunchItem | undefined {
    let byProgram: LaunchItem | undefined
    for (const item of this.#byPath.values()) {
      if (node.label !== undefined && launchItemLabel(item.path) === node.label) return item
      const { executable } = node.program
      if (executable !== undefined && item.executable === executable) byProgram = item
    }
    return byProgram !== undefined && isTrustedTool(node) ? undefined : byProgram
  }

  #forget(item: LaunchItem): void {
    this.#byPath.delete(item.path)
    this.#release(item.registrar)
  }
}
