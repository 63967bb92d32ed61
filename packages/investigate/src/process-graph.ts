import type { EcsEvent } from '@pomona/schema'
import type { HostShare, IncidentLimits } from './limits.ts'
import { parentOf, type ProcessNode, type Program } from './node.ts'
import { type OtherProcess, programOf, programOfOther } from './program.ts'

const IMAGES_MAX = 8
const XPCPROXY = 'xpcproxy'

/** What a process graph turned away. */
export interface GraphCounts {
  readonly held: number
  readonly evicted: number
}

/** Bounds, and who has to know of a process that was pushed out while something pointed to it. */
export interface GraphOptions {
  readonly limits: IncidentLimits
  readonly share: HostShare
  readonly onEvict: (node: ProcessNode) => void
}

/**
 * The processes of one host, as far as they matter to what happens now: those that run, and ended
 * ones that a running process, a remembered file or an open incident goes back to.
 */
export class ProcessGraph {
  readonly #limits: IncidentLimits
  readonly #share: HostShare
  readonly #onEvict: (node: ProcessNode) => void
  /** Every image of every process. */
  readonly #byImage = new Map<string, ProcessNode>()
  readonly #byPid = new Map<number, ProcessNode>()
  readonly #nodes = new Set<ProcessNode>()
  /** Ended processes in the order they ended. */
  readonly #ended = new Set<ProcessNode>()
  #evicted = 0

  constructor({ limits, share, onEvict }: GraphOptions) {
    this.#limits = limits
    this.#share = share
    this.#onEvict = onEvict
  }

  get counts(): GraphCounts {
    return { held: this.#nodes.size, evicted: this.#evicted }
  }

  nodes(): Iterable<ProcessNode> {
    return this.#nodes
  }

  find(entityId: string): ProcessNode | undefined {
    return this.#byImage.get(entityId)
  }

  /** The process that has this pid now, or had it last. */
  withPid(pid: number): ProcessNode | undefined {
    return this.#byPid.get(pid)
  }

  /** Takes up a fork: `process` is the child, which still runs its parent's image. */
  fork(event: EcsEvent, atMs: number): void {
    const { entity_id: entityId, pid } = event.process ?? {}
    if (entityId === undefined || pid === undefined || this.#byImage.has(entityId)) return
    const parent = this.#parentOf(event, atMs)
    const program = { ...programOf(event), interactiveShell: false }
    this.#add({ entityId, pid, parent, program, user: event.user?.name, atMs, resident: false })
  }

  /** Takes up an exec: another image in the same process. */
  exec(event: EcsEvent, atMs: number): void {
    const { entity_id: entityId, pid } = event.process ?? {}
    if (entityId === undefined || pid === undefined) return
    const previous = event.macos?.process?.previous_entity_id
    const program = programOf(event)
    const node =
      this.#byImage.get(entityId) ??
      (previous === undefined ? undefined : this.#byImage.get(previous)) ??
      this.#add({
        ...{ entityId, pid, parent: this.#parentOf(event, atMs), program },
        ...{ user: event.user?.name, atMs, resident: false },
      })
    this.#replaceProgram(node, entityId, program)
    node.user = event.user?.name ?? node.user
    if (program.name === XPCPROXY) node.label = labelOf(event)
    if (node.parent !== undefined && program.name !== XPCPROXY) {
      noteChild(node.parent, program.name, this.#limits.childKindsMax)
    }
  }

  /** Takes up an exit. */
  exit(event: EcsEvent, atMs: number): void {
    const entityId = event.process?.entity_id
    const node = entityId === undefined ? undefined : this.#byImage.get(entityId)
    if (node === undefined || node.endMs > 0) return
    node.endMs = Math.max(atMs, 1)
    this.#ended.add(node)
  }

  /** The process that acts in an event; one that is not known yet has been running. */
  actor(event: EcsEvent, atMs: number): ProcessNode | undefined {
    const { entity_id: entityId, pid } = event.process ?? {}
    if (entityId === undefined || pid === undefined) return undefined
    const known = this.#byImage.get(entityId)
    if (known?.program.executable !== undefined) return known
    const program = programOf(event)
    if (known !== undefined) {
      known.program = program
      return known
    }
    const parent = this.#parentOf(event, atMs)
    return this.#add({
      entityId,
      pid,
      parent,
      program,
      user: event.user?.name,
      atMs,
      resident: true,
    })
  }

  /** A process that an event or an alert only names. */
  named(part: OtherProcess | undefined, atMs: number): ProcessNode | undefined {
    const { entity_id: entityId, pid } = part ?? {}
    if (part === undefined || entityId === undefined || pid === undefined) return undefined
    return this.#resident(part, { entityId, pid, atMs })
  }

  /** Forgets ended processes that nothing goes back to any more. */
  prune(nowMs: number): void {
    const before = nowMs - this.#limits.exitGraceMs
    for (const node of this.#ended) {
      if (node.endMs > before) break
      this.#ended.delete(node)
      if (isNeeded(node)) continue
      this.#drop(node)
    }
  }

  /** Makes room for so many more processes under the host's share. */
  trim(room = 0): void {
    while (this.#nodes.size > 0 && this.#nodes.size + room > this.#share.processesMax) this.#evict()
  }

  /** One less of what points to a process. */
  release(node: ProcessNode): void {
    node.references -= 1
    // It ended long ago and was kept for this alone; otherwise its time comes.
    if (node.endMs > 0 && !this.#ended.has(node) && !isNeeded(node)) this.#drop(node)
  }

  /** Lets go of a closed incident. */
  leave(node: ProcessNode): void {
    node.incident = undefined
    if (node.endMs > 0 && !this.#ended.has(node) && !isNeeded(node)) this.#drop(node)
  }

  /** Takes a process from saved state; its parent comes before it. */
  restore(node: ProcessNode): void {
    this.#nodes.add(node)
    for (const image of node.images) this.#byImage.set(image, node)
    const other = this.#byPid.get(node.pid)
    if (other === undefined || other.startMs <= node.startMs) this.#byPid.set(node.pid, node)
  }

  /** Puts ended processes from saved state back in their order. */
  restoreEnded(nodes: Iterable<ProcessNode>): void {
    for (const node of nodes) this.#ended.add(node)
  }

  ended(): Iterable<ProcessNode> {
    return this.#ended
  }

  #parentOf(event: EcsEvent, atMs: number): ProcessNode | undefined {
    const part = event.process?.parent
    const { entity_id: entityId, pid } = part ?? {}
    if (part === undefined || entityId === undefined || pid === undefined) return undefined
    const { pidversion, platform_binary } = event.macos?.parent ?? {}
    return this.#resident({ ...part, pidversion, platform_binary }, { entityId, pid, atMs })
  }

  // Known, or running since before it was heard of; what is said first may be its id alone.
  #resident(part: OtherProcess, found: Pick<Found, 'entityId' | 'pid' | 'atMs'>): ProcessNode {
    const known = this.#byImage.get(found.entityId)
    if (known?.program.executable !== undefined) return known
    const program = programOfOther(part)
    const user = part.user?.name
    if (known === undefined) {
      return this.#add({ ...found, parent: undefined, program, user, resident: true })
    }
    known.program = program
    known.user ??= user
    return known
  }

  #add(found: Found): ProcessNode {
    const { entityId, pid, parent, program, user, atMs, resident } = found
    this.trim(1)
    const node: ProcessNode = {
      ...{ images: [entityId], pid, parent, program, user, startMs: atMs, endMs: 0, resident },
      ...{ label: undefined, childKinds: [], references: 0, filesWritten: 0, lastRead: undefined },
      ...{ incident: undefined, alerted: false, forgotten: false },
    }
    if (parent !== undefined) parent.references += 1
    this.#nodes.add(node)
    this.#byImage.set(entityId, node)
    this.#byPid.set(pid, node)
    return node
  }

  #replaceProgram(node: ProcessNode, entityId: string, program: Program): void {
    node.program = program
    if (node.images.includes(entityId)) return
    node.images.push(entityId)
    this.#byImage.set(entityId, node)
    if (node.images.length <= IMAGES_MAX) return
    const [gone] = node.images.splice(1, 1)
    if (gone !== undefined) this.#byImage.delete(gone)
  }

  #drop(first: ProcessNode): void {
    let node: ProcessNode | undefined = first
    // A chain of ended parents goes with the last of its children.
    while (node !== undefined) {
      const parent = parentOf(node)
      this.#remove(node)
      if (parent === undefined) return
      parent.references -= 1
      const isLoose = parent.endMs > 0 && !this.#ended.has(parent) && !isNeeded(parent)
      node = isLoose ? parent : undefined
    }
  }

  #remove(node: ProcessNode): void {
    this.#nodes.delete(node)
    this.#ended.delete(node)
    for (const image of node.images) this.#byImage.delete(image)
    if (this.#byPid.get(node.pid) === node) this.#byPid.delete(node.pid)
  }

  // The one that ended first goes; while all run, the one heard of first that nothing points to.
  #evict(): void {
    this.#evicted += 1
    const [ended] = this.#ended
    if (ended !== undefined) {
      this.#detach(ended)
      return
    }
    for (const node of this.#nodes) {
      if (isNeeded(node)) continue
      this.#detach(node)
      return
    }
    const [oldest] = this.#nodes
    if (oldest !== undefined) this.#detach(oldest)
  }

  // Its children keep pointing at it, so it lets go of its own parent: else a chain would grow on.
  #detach(node: ProcessNode): void {
    const { parent } = node
    this.#remove(node)
    node.forgotten = true
    node.parent = undefined
    this.#onEvict(node)
    if (parent !== undefined) this.release(parent)
  }
}

interface Found {
  readonly entityId: string
  readonly pid: number
  readonly parent: ProcessNode | undefined
  readonly program: Program
  readonly user: string | undefined
  readonly atMs: number
  readonly resident: boolean
}

function isNeeded(node: ProcessNode): boolean {
  return node.references > 0 || node.incident !== undefined
}

function noteChild(parent: ProcessNode, name: string | undefined, kindsMax: number): void {
  const { childKinds } = parent
  if (name === undefined || childKinds.length >= kindsMax || childKinds.includes(name)) return
  childKinds.push(name)
}

function labelOf(event: EcsEvent): string | undefined {
  const label: unknown = event.process?.args?.[1]
  return typeof label === 'string' ? label : undefined
}
