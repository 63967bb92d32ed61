import type { Budget } from '../bytes/budget.ts'
import { readUleb128 } from '../bytes/leb128.ts'
import type { ByteView } from '../bytes/view.ts'

/**
 * Counts the entries of LC_FUNCTION_STARTS: uleb128 distances from one function to the next, ended
 * by 0.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 */
export function countFunctions(view: ByteView, budget: Budget): number {
  let count = 0
  let at = 0
  while (at < view.length) {
    budget.spendSteps()
    const { value, end } = readUleb128(view, at)
    if (value === 0n) break
    count += 1
    at = end
  }
  return count
}
