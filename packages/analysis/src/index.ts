export { Budget, BUDGET_LIMITS, type BudgetLimits, type BudgetSpent } from './bytes/budget.ts'
export { type Leb128, readSleb128, readUleb128 } from './bytes/leb128.ts'
export { ByteView, type Endian } from './bytes/view.ts'
export type { ContainerFindingCode, EntryKind } from './containers/entry.ts'
export type { ContainerFormatName } from './containers/format.ts'
export { CONTAINER_LIMITS, type ContainerLimit, type ContainerLimits } from './containers/limits.ts'
export type { ByteSource } from './containers/source.ts'
export {
  type ContainerFacts,
  type ContainerFinding,
  type Member,
  unpack,
  type Unpacked,
  type UnpackOptions,
} from './containers/unpack.ts'
export {
  AnalysisError,
  type AnalysisErrorCode,
  type Attempt,
  attempt,
  type Problem,
} from './errors.ts'
