import type { Glance } from '../eslogger/glance.ts'
import type { EsMessage } from '../eslogger/line.ts'

/**
 * Decides at the source what is left out. The two answers agree: what `ofLine` leaves out,
 * `ofRecord` would leave out for the same reason; `ofLine` may let through what it is not sure of.
 */
export interface SourceFilter {
  /** By the line alone, before it is parsed: the reason to leave it out, if there is one. */
  ofLine(glance: Glance, text: string): string | undefined
  /** By the parsed record. */
  ofRecord(message: EsMessage): string | undefined
}

/** Leaves nothing out. */
export const KEEP_EVERYTHING: SourceFilter = {
  ofLine: () => undefined,
  ofRecord: () => undefined,
}
