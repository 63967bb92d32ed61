import type { JoinKind } from '@pomona/schema'
import type { FileTrail } from './file-trail.ts'
import { isServant, LAUNCHD_PID, roleOf } from './hub.ts'
import { launchItemLabel, type LaunchItems } from './launch-items.ts'
import type { IncidentLimits } from './limits.ts'
import { parentOf, type ProcessNode } from './node.ts'
import type { ProcessGraph } from './process-graph.ts'

/** A process that an alert has to do with, and how. */
export interface Reached {
  readonly node: ProcessNode
  readonly kind: JoinKind
  /** The file or launch item of the tie. */
  readonly value: string | undefined
  /** It is part of what the alert tells of; others only show which incident that is part of. */
  readonly belongs: boolean
}

/** Where an alert begins: who acted, who is held responsible, and whom it was done to. */
export interface Subjects {
  readonly actors: readonly ProcessNode[]
  readonly responsible: ProcessNode | undefined
  readonly targets: readonly ProcessNode[]
  /** File that the event speaks of. */
  readonly path: string | undefined
}

/** What is known of a host. */
export interface HostFacts {
  readonly graph: ProcessGraph
  readonly files: FileTrail
  readonly items: LaunchItems
}

const COPIES_MAX = 4
const SHELLS_MAX = 16
const PIPELINE_SPAN_MS = 60_000

/**
 * Everything an alert goes back to: its process and that process's ancestors up to the first
 * launcher or shell; who wrote the file it runs, and the file that one was made from; who set up
 * the launch item it was started for; the rest of its pipeline. Nearest first, each process once.
 *
 * A launcher or a shell is where unrelated things begin, so the walk never goes through one.
 */
export function reach(subjects: Subjects, facts: HostFacts, at: ReachOptions): readonly Reached[] {
  return new Walk(facts, at).from(subjects)
}

/** When the alert is placed, and the bounds. */
export interface ReachOptions {
  readonly nowMs: number
  readonly limits: IncidentLimits
}

class Walk {
  readonly #facts: HostFacts
  readonly #at: ReachOptions
  readonly #found = new Map<ProcessNode, Reached>()
  readonly #queue: Reached[] = []

  constructor(facts: HostFacts, at: ReachOptions) {
    this.#facts = facts
    this.#at = at
  }

  from({ actors, responsible, targets, path }: Subjects): readonly Reached[] {
    for (const node of actors) {
      if (this.#isActor(node)) this.#add({ node, kind: 'same_process', belongs: true })
    }
    for (let next = 0; next < this.#queue.length; next += 1) {
      const reached = this.#queue[next]
      if (reached !== undefined) this.#expand(reached)
    }
    if (responsible !== undefined && this.#isResponsible(responsible)) {
      this.#add({ node: responsible, kind: 'responsible', belongs: true })
    }
    if (path !== undefined) this.#used(path)
    for (const node of targets) {
      if (this.#isActor(node)) this.#add({ node, kind: 'acted_on', belongs: false })
    }
    return [...this.#found.values()]
  }

  #isActor(node: ProcessNode): boolean {
    return roleOf(node, this.#at.nowMs, this.#at.limits) === 'actor'
  }

  // The terminal is responsible for every command typed into it, and a launcher for what it starts.
  #isResponsible(node: ProcessNode): boolean {
    return this.#isActor(node) && (node.alerted || !isServant(node))
  }

  #add(found: Omit<Reached, 'value'> & { readonly value?: string }): void {
    const { node, belongs } = found
    if (node.forgotten || this.#found.has(node)) return
    if (this.#found.size >= this.#at.limits.reachMax) return
    const reached = { ...found, value: found.value }
    this.#found.set(node, reached)
    if (belongs) this.#queue.push(reached)
  }

  #expand({ node, kind, value }: Reached): void {
    const parent = parentOf(node)
    // What lies behind a file or an item was reached through it as well.
    const onward = kind === 'same_process' ? 'common_ancestor' : kind
    const through = value === undefined ? {} : { value }
    if (parent === undefined) this.#launched(node)
    else if (this.#isActor(parent))
      this.#add({ node: parent, kind: onward, ...through, belongs: true })
    else this.#beyond(node, parent)
    const { executable, script, paths } = node.program
    for (const path of [executable, script]) if (path !== undefined) this.#ran(path)
    for (const path of paths) if (path !== executable && path !== script) this.#used(path)
  }

  #beyond(node: ProcessNode, hub: ProcessNode): void {
    if (hub.pid <= LAUNCHD_PID) this.#launched(node)
    if (roleOf(hub, this.#at.nowMs, this.#at.limits) !== 'shell') return
    this.#pipeline(node, hub)
    // A shell of a session that began with an alert: whatever is typed there belongs to it.
    let above = parentOf(hub)
    for (let steps = 0; steps < SHELLS_MAX && above !== undefined; steps += 1) {
      const role = roleOf(above, this.#at.nowMs, this.#at.limits)
      if (role === 'launcher') return
      if (role === 'actor' && above.alerted) {
        this.#add({ node: above, kind: 'descendant', belongs: false })
        return
      }
      above = parentOf(above)
    }
  }

  #pipeline(node: ProcessNode, shell: ProcessNode): void {
    const { groupId } = node.program
    const leader = groupId === undefined ? undefined : this.#facts.graph.withPid(groupId)
    if (leader === undefined || leader === node || parentOf(leader) !== shell) return
    if (Math.abs(leader.startMs - node.startMs) > PIPELINE_SPAN_MS) return
    this.#add({ node: leader, kind: 'pipeline', belongs: true })
  }

  #launched(node: ProcessNode): void {
    const item = this.#facts.items.startedBy(node)
    if (item === undefined) return
    const value = launchItemLabel(item.path) ?? item.path
    for (const who of [item.registrar, this.#facts.files.find(item.path)?.writer]) {
      if (who !== undefined && who !== node && this.#isActor(who)) {
        this.#add({ node: who, kind: 'launch_item', value, belongs: true })
      }
    }
  }

  #ran(path: string): void {
    let made: string | undefined = path
    for (let copies = 0; copies <= COPIES_MAX && made !== undefined; copies += 1) {
      const file = this.#facts.files.find(made)
      if (file === undefined) return
      const { writer } = file
      // A browser or an archiver writes for whoever asks; what the file was made from goes on.
      if (this.#isActor(writer) && (writer.alerted || !isServant(writer))) {
        this.#add({ node: writer, kind: 'file_run', value: path, belongs: true })
      }
      made = file.from
    }
  }

  #used(path: string): void {
    const file = this.#facts.files.find(path)
    if (file === undefined || !this.#isActor(file.writer) || isServant(file.writer)) return
    if (this.#at.nowMs - file.atMs > this.#at.limits.markSpanMs) return
    this.#add({ node: file.writer, kind: 'file_used', value: path, belongs: false })
  }
}
