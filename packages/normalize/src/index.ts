export { DROP_REASONS, type DropReason } from './errors.ts'
export type { Classification, EventEntry } from './event-table/entry.ts'
export { EVENT_ENTRIES } from './event-table/table.ts'
export type { HostContext } from './host.ts'
export { NORMALIZE_LIMITS, type NormalizeLimits } from './limits.ts'
export {
  type NormalizeCounts,
  type Normalized,
  Normalizer,
  type NormalizerOptions,
} from './normalizer.ts'
export type { ProcessSnapshotRow } from './process/snapshot.ts'
