import { boundText, boundTime, decodeCursor, type CursorPosition } from '../cursor.ts'
import type { EventQuery, ProcessSelection } from './event-store.ts'
import { clampTime } from './row.ts'

/** Events one page may hold. */
export const EVENT_PAGE_MAX = 1_000
/** Ids one call may ask for. */
export const EVENT_IDS_MAX = 1_000
/** Processes one page may hold. */
export const PROCESS_PAGE_MAX = 1_000
/** Events one insert may hold. */
export const INSERT_EVENTS_MAX = 1_000_000

/** An event query, checked. */
export interface EventPlan {
  readonly hostId: string
  readonly from?: string
  readonly to?: string
  readonly actions?: readonly string[]
  readonly categories?: readonly string[]
  readonly processEntityId?: string
  /** Lower case. */
  readonly text?: string
  readonly after?: CursorPosition
  readonly limit: number
}

/** @throws StoreError ERR_QUERY_INVALID for what cannot be asked. */
export function planEventQuery(query: EventQuery): EventPlan {
  const { from, to, actions, categories, processEntityId, text, cursor, limit } = query
  return {
    hostId: boundText('host', query.hostId),
    limit: Math.min(Math.max(1, limit), EVENT_PAGE_MAX),
    ...(from ? { from: clampTime(boundTime('from', from)) } : {}),
    ...(to ? { to: clampTime(boundTime('to', to)) } : {}),
    ...(actions?.length ? { actions: actions.map((one) => boundText('actions', one)) } : {}),
    ...(categories?.length
      ? { categories: categories.map((one) => boundText('categories', one)) }
      : {}),
    ...(processEntityId ? { processEntityId: boundText('process', processEntityId) } : {}),
    ...(text ? { text: boundText('text', text).toLowerCase().toWellFormed() } : {}),
    ...(cursor ? { after: eventPosition(cursor) } : {}),
  }
}

function eventPosition(cursor: string): CursorPosition {
  const { time, id } = decodeCursor(cursor)
  return { time: clampTime(time), id }
}

/** A process selection, checked. */
export interface ProcessPlan {
  readonly hostId: string
  /** Lower case. */
  readonly text?: string
  readonly signers?: readonly string[]
  readonly running?: boolean
  readonly after?: CursorPosition
  readonly limit: number
}

/** @throws StoreError ERR_QUERY_INVALID for what cannot be asked. */
export function planProcessSelection(selection: ProcessSelection): ProcessPlan {
  const { hostId, text, signers, running, cursor, limit } = selection
  return {
    hostId: boundText('host', hostId),
    limit: Math.min(Math.max(1, limit), PROCESS_PAGE_MAX),
    ...(text ? { text: boundText('text', text).toLowerCase().toWellFormed() } : {}),
    ...(signers?.length ? { signers: signers.map((one) => boundText('signers', one)) } : {}),
    ...(running === undefined ? {} : { running }),
    ...(cursor ? { after: eventPosition(cursor) } : {}),
  }
}
