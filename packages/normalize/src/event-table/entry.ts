import type { Document, EventPart, FilePart, MacosFilePart, MacosPart } from '../document.ts'
import type { ProcessImage } from '../process/image.ts'
import { asOther } from '../process/parts.ts'
import type { ProcessTable } from '../process/table.ts'
import { type Body, flagOf, type Reader, valueAt } from '../reader.ts'
import type { UserNames } from '../users.ts'

/** Whether what the event reports succeeded; absent where the question makes no sense. */
export type Outcome = 'success' | 'failure' | undefined

/** ECS's answer to "what kind of event is this". */
export interface Classification {
  readonly category: readonly string[]
  readonly type: readonly string[]
}

/** A record on its way to an event, before it is known who acted. */
export interface Occurrence {
  readonly body: Body
  /** The image in the record's `process`. */
  readonly reporter: ProcessImage
  readonly processes: ProcessTable
  readonly reader: Reader
  /** `@timestamp`. */
  readonly time: string
}

/** An event while its entry fills it. One draft serves all records in turn: do not keep it. */
export interface Draft {
  document: Document
  event: EventPart
  macos: MacosPart
  macosFile: MacosFilePart | undefined
  body: Body
  /** The image in `process.*`. */
  subject: ProcessImage
  reporter: ProcessImage
  time: string
  /** User names beyond those in `user.*`, for `related.user`. */
  relatedUsers: readonly string[] | undefined
  readonly reader: Reader
  readonly processes: ProcessTable
  readonly users: UserNames
}

/** Everything there is to know about one event type; no other code asks which event it has. */
export interface EventEntry {
  /** Apple's name: the key in the record's `event`. */
  readonly action: string
  readonly kind: 'event' | 'alert'
  readonly classification: Classification
  /** Where the classification depends on the body. */
  readonly classify: ((body: Body) => Classification) | undefined
  /** Outcome from the body; without it the record's own `action.result` answers. */
  readonly outcome: ((body: Body) => Outcome) | undefined
  /**
   * Finds the image for `process.*` and moves the process table on; without it that is the
   * reporter.
   */
  readonly subject: ((occurrence: Occurrence) => ProcessImage | undefined) | undefined
  /** The record's `process` is a daemon that reports for others: it goes to `macos.reporter`. */
  readonly mediated: boolean
  /** Fills the draft from the body; changes the draft. */
  readonly map: ((draft: Draft) => void) | undefined
}

type EntryOptions = Partial<Omit<EventEntry, 'action' | 'classification'>>

/** Names a classification; shared by all events that have it. */
export function classification({ category, type }: Classification): Classification {
  return Object.freeze({ category: Object.freeze(category), type: Object.freeze(type) })
}

/** Makes an entry; all entries have the same shape, which keeps their lookup fast. */
export function entry(
  action: string,
  kind: Classification,
  options: EntryOptions = {},
): EventEntry {
  return Object.freeze({
    action,
    kind: options.kind ?? 'event',
    classification: kind,
    classify: options.classify,
    outcome: options.outcome,
    subject: options.subject,
    mediated: options.mediated ?? false,
    map: options.map,
  })
}

/** Makes one entry for each of several events that differ in nothing but their name. */
export function entries(
  actions: readonly string[],
  kind: Classification,
  options: EntryOptions = {},
): EventEntry[] {
  return actions.map((action) => entry(action, kind, options))
}

/** `macos.file` of the draft, made when it is first needed. */
export function macosFileOf(draft: Draft): MacosFilePart {
  draft.macosFile ??= {}
  return draft.macosFile
}

/** Sets `file` unless there is none. */
export function setFile(draft: Draft, file: FilePart | undefined): void {
  if (file !== undefined) draft.document.file = file
}

/** A body's `success`. */
export function succeeded(body: Body): Outcome {
  const success = flagOf(valueAt(body, 'success'))
  if (success === undefined) return undefined
  return success ? 'success' : 'failure'
}

/** For events that cannot fail. */
export function withoutOutcome(): Outcome {
  return undefined
}

/** The process a body names as the one that asked, by process or by token. */
export function instigator({ body, processes }: Occurrence): ProcessImage | undefined {
  return processes.claimed(valueAt(body, 'instigator'), valueAt(body, 'instigator_token'))
}

/** Puts the process a body acts on into `macos.target.process`. */
export function setTarget(draft: Draft, image: ProcessImage | undefined): void {
  if (image !== undefined) draft.macos.target = { process: asOther(image, draft.users) }
}
