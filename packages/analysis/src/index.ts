export { Budget, BUDGET_LIMITS, type BudgetLimits, type BudgetSpent } from './bytes/budget.ts'
export { type Leb128, readSleb128, readUleb128 } from './bytes/leb128.ts'
export { ByteView, type Endian } from './bytes/view.ts'
export {
  AnalysisError,
  type AnalysisErrorCode,
  type Attempt,
  attempt,
  type Problem,
} from './errors.ts'
