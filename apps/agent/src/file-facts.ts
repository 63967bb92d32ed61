import { FileFactsCollector, type FileFactsTools } from '@pomona/sensor'
import type { AgentConfig } from './config.ts'
import type { Budget } from './health/budget.ts'

/**
 * Who reads the files that records name, where that is wanted. On other machines than a Mac records
 * are simulated, and the files they name are others there, or none.
 */
export function fileFactsCollector(
  { file_facts: wanted }: Pick<AgentConfig, 'file_facts'>,
  machine: { readonly platform: string; readonly tools: FileFactsTools },
  budget: Pick<Budget, 'throttle'>,
): FileFactsCollector | undefined {
  const isWanted = wanted === 'auto' ? machine.platform === 'darwin' : wanted === 'on'
  if (!isWanted) return undefined
  return new FileFactsCollector({ ...machine.tools, isThrottled: () => budget.throttle > 0 })
}
