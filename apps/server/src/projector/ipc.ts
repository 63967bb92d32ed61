import type { DeadLetter } from '@pomona/schema'
import type { EventStore } from '@pomona/store'
import type { ProjectorProgress } from './projector.ts'

/**
 * Messages between the server and its projector, both ends of this one program; the calls of the
 * event store travel between them. They are copied by structured clone.
 */

/** Folder of the event store, below the data directory. */
export const EVENTS_FOLDER = 'events'

/** The reading half of an event store, which the server asks the projector for. */
export type EventQueries = Pick<
  EventStore,
  'get' | 'search' | 'actions' | 'processes' | 'processTree' | 'size'
>

/** Settings of the projector process; the first message it gets. */
export interface ProjectorSettings {
  readonly dataDirectory: string
  /** `serve` follows the log; `rebuild` empties the store, projects what is there and ends. */
  readonly mode: 'serve' | 'rebuild'
}

/** What the server says to its projector. */
export type ToProjector =
  | { readonly kind: 'start'; readonly settings: ProjectorSettings }
  | { readonly kind: 'wake' }
  | { readonly kind: 'letters_kept'; readonly call: number; readonly ok: boolean }
  | { readonly kind: 'stop' }

/** What the projector says to its server. */
export type FromProjector =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: ProjectorProgress }
  | { readonly kind: 'letters'; readonly call: number; readonly letters: readonly DeadLetter[] }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'rebuilt'; readonly events: number }
