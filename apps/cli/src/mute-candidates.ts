import type { Mute } from '@pomona/schema'
import type { Amount, Place } from './mute-tally.ts'

/** A mute that would leave out a good part of a recording. */
export interface Candidate {
  readonly mute: Mute
  readonly amount: Amount
}

interface Node {
  readonly path: string
  readonly children: Map<string, Node>
  events: number
  bytes: number
  cpuUs: number
  readonly types: Set<string>
}

/** Of all events, what a mute must leave out to be worth a line. */
const SHARE_MIN = 0.005
/** A folder below another that has nearly all of its events is the better one to name. */
const SHARE_OF_PARENT = 0.9
/** Parts of a path: what is above concerns too much. */
const DEPTH_MIN = 2
const CANDIDATES_MAX = 200

/**
 * Finds what programs do over and over in the same folders. Each mute is of one program in one
 * folder and all below.
 *
 * @returns The largest first.
 */
export function candidatesOf(places: readonly Place[], total: Amount): readonly Candidate[] {
  const eventsMin = Math.max(2, total.events * SHARE_MIN)
  const programs = Map.groupBy(places, ({ program }) => program)
  const found: Candidate[] = []
  for (const [program, own] of programs) {
    if (!program.startsWith('/')) continue
    collect(treeOf(own), { program, eventsMin, depth: 0, found })
  }
  return found.toSorted((one, other) => other.amount.events - one.amount.events)
}

interface Search {
  readonly program: string
  readonly eventsMin: number
  readonly depth: number
  readonly found: Candidate[]
}

function collect(node: Node, search: Search): void {
  const { program, eventsMin, depth, found } = search
  if (node.events < eventsMin || found.length >= CANDIDATES_MAX) return
  const children = [...node.children.values()]
  const main = children.find(({ events }) => events >= node.events * SHARE_OF_PARENT)
  const next = { ...search, depth: depth + 1 }
  if (main !== undefined) {
    collect(main, next)
    return
  }
  if (depth < DEPTH_MIN) {
    for (const child of children) collect(child, next)
    return
  }
  const { path, events, bytes, cpuUs } = node
  const types = [...node.types].toSorted()
  const mute = { reason: reasonOf(program), types, programs: [program], paths: [`${path}/*`] }
  found.push({ mute, amount: { events, bytes, cpuUs } })
}

function treeOf(places: readonly Place[]): Node {
  const root = nodeAt('')
  for (const { folder, amount, types } of places) {
    let node = root
    grow(node, amount, types)
    for (const name of folder.split('/').slice(1)) {
      const child = node.children.get(name) ?? nodeAt(`${node.path}/${name}`)
      node.children.set(name, child)
      node = child
      grow(node, amount, types)
    }
  }
  return root
}

function nodeAt(path: string): Node {
  return { path, children: new Map(), events: 0, bytes: 0, cpuUs: 0, types: new Set() }
}

// oxlint-disable-next-line max-params -- changes its first argument by the others
function grow(node: Node, amount: Amount, types: ReadonlySet<string>): void {
  node.events += amount.events
  node.bytes += amount.bytes
  node.cpuUs += amount.cpuUs
  for (const type of types) node.types.add(type)
}

function reasonOf(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1).toLowerCase()
  const word = name.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')
  return `muted_${word || 'program'}`.slice(0, 64)
}
