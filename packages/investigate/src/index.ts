export { IncidentBook, type BookedIncident } from './book.ts'
export { IncidentError, type IncidentErrorCode } from './errors.ts'
export { INCIDENT_LIMITS, type IncidentLimits } from './limits.ts'
export { inMatrixOrder } from './tactics.ts'
export { IncidentTracker, type TrackerCounts } from './tracker.ts'
export type { TrackerState } from './tracker-state.ts'
export {
  backtest,
  type BacktestEnd,
  type BacktestLimits,
  type BacktestOptions,
  type BacktestResult,
} from './backtest/backtest.ts'
export type { Cause, CauseShare, CauseSigner } from './backtest/cause.ts'
export type { DailyAlerts } from './backtest/daily-alerts.ts'
export type { RuleForecast } from './backtest/forecast.ts'
export { type History, type HistoryLimits, logHistory, storeHistory } from './backtest/history.ts'
export type { Proposal } from './backtest/proposal.ts'
export { type Superset, supersetOf } from './backtest/superset.ts'
