import { type EcsEvent, parseTime } from '@pomona/schema'
import { EventFacts, factOf } from './event-facts.ts'
import { FileTrail } from './file-trail.ts'
import { LaunchItems, launchItemLabel } from './launch-items.ts'
import type { HostShare, IncidentLimits } from './limits.ts'
import { Marks } from './marks.ts'
import type { ProcessNode } from './node.ts'
import type { OpenIncident } from './open-incident.ts'
import { ProcessGraph } from './process-graph.ts'

type Note = (memory: HostMemory, event: EcsEvent, atMs: number) => void

const MS_LENGTH = 'YYYY-MM-DDTHH:MM:SS.mmm'.length
const NS_PER_MS = 1_000_000n

/** What is remembered of one host of one tenant. */
export class HostMemory {
  readonly graph: ProcessGraph
  readonly files: FileTrail
  readonly items: LaunchItems
  readonly marks: Marks
  readonly facts: EventFacts
  /** Incidents that alerts may join. */
  readonly incidents = new Set<OpenIncident>()
  /** Newest event time. */
  nowMs = 0

  /** @param share Its part in what all hosts may remember; see {@link HostMemory.trim}. */
  constructor(limits: IncidentLimits, share: HostShare) {
    this.graph = new ProcessGraph({ limits, share, onEvict: (node) => this.#evicted(node) })
    const release = (node: ProcessNode): void => this.graph.release(node)
    this.files = new FileTrail({ limits, share, release })
    this.items = new LaunchItems(limits, release)
    this.marks = new Marks(limits.marksMax)
    this.facts = new EventFacts(limits.marksMax)
  }

  /** Takes up what an event says about processes, files and launch items. */
  note(event: EcsEvent): void {
    const fact = factOf(event)
    const id = event.event?.id
    if (fact !== undefined && id !== undefined) this.facts.add(id, fact)
    const note = NOTES.get(event.event?.action ?? '')
    if (note === undefined) return
    const atMs = timeMs(event)
    if (atMs === undefined) return
    this.nowMs = Math.max(this.nowMs, atMs)
    note(this, event, atMs)
  }

  /** Forgets what is beyond its share, after that has become smaller. */
  trim(): void {
    this.files.trim()
    this.graph.trim()
  }

  #evicted(node: ProcessNode): void {
    this.files.forgetWriter(node)
    this.items.forgetRegistrar(node)
    node.incident?.members.delete(node)
    node.incident = undefined
  }
}

/** Event time in milliseconds; `undefined` when it is none. */
export function timeMs(event: Pick<EcsEvent, '@timestamp'>): number | undefined {
  const time: unknown = event['@timestamp']
  if (typeof time !== 'string') return undefined
  // Nearly all times are in UTC with nine digits, of which the machine's parser takes three.
  const ms = Date.parse(`${time.slice(0, MS_LENGTH)}Z`)
  if (!Number.isNaN(ms)) return ms
  const atNs = parseTime(time)
  return atNs === undefined ? undefined : Number(atNs / NS_PER_MS)
}

function wrote(memory: HostMemory, event: EcsEvent, atMs: number): void {
  const path: unknown = event.file?.path
  if (typeof path !== 'string') return
  const writer = memory.graph.actor(event, atMs)
  if (writer === undefined) return
  const source = event.macos?.file?.original_path ?? event.file?.target_path
  memory.files.wrote(path, writer, { atMs, ...(source !== undefined && { source }) })
  if (launchItemLabel(path) === undefined) return
  memory.items.add({ path, registrar: writer, atMs, executable: undefined })
}

function closed(memory: HostMemory, event: EcsEvent, atMs: number): void {
  if (event.macos?.file?.modified === true) wrote(memory, event, atMs)
}

function opened(memory: HostMemory, event: EcsEvent, atMs: number): void {
  const path: unknown = event.file?.path
  if (typeof path !== 'string' || memory.files.find(path) === undefined) return
  const reader = memory.graph.actor(event, atMs)
  if (reader !== undefined) memory.files.read(path, reader, atMs)
}

function registered(memory: HostMemory, event: EcsEvent, atMs: number): void {
  const { path, executable } = event.macos?.persistence ?? {}
  if (typeof path !== 'string') return
  const registrar = memory.graph.actor(event, atMs)
  if (registrar !== undefined) memory.items.add({ path, registrar, atMs, executable })
}

const NOTES: ReadonlyMap<string, Note> = new Map<string, Note>([
  ['fork', ({ graph }, event, atMs) => graph.fork(event, atMs)],
  ['exec', ({ graph }, event, atMs) => graph.exec(event, atMs)],
  [
    'exit',
    ({ graph, nowMs }, event, atMs) => {
      graph.exit(event, atMs)
      graph.prune(nowMs)
    },
  ],
  ['create', wrote],
  ['close', closed],
  ['rename', wrote],
  ['copyfile', wrote],
  ['clone', wrote],
  ['link', wrote],
  ['open', opened],
  ['btm_launch_item_add', registered],
])
