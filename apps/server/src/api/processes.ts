import type { ProcessNode } from '@pomona/schema'
import type { StoredProcess } from '@pomona/store'
import type { ApiParts } from './parts.ts'

/** Processes with the alerts that speak of them. */
export async function withAlerts(
  { records }: Pick<ApiParts, 'records'>,
  processes: readonly StoredProcess[],
): Promise<ProcessNode[]> {
  const alerts = await records.alertsOfProcesses(processes.map((process) => process.entity_id))
  const byEntity = new Map<string, ProcessNode['alerts']>()
  for (const alert of alerts) {
    const short = { id: alert.id, severity: alert.severity, rule_name: alert.rule_name }
    // Who acted comes first; its parents stand in the alert too, but it is not theirs.
    const [actor] = alert.processes
    if (actor === undefined) continue
    byEntity.set(actor.entity_id, [...(byEntity.get(actor.entity_id) ?? []), short])
  }
  return processes.map((process) => ({
    ...process,
    alerts: byEntity.get(process.entity_id) ?? [],
  }))
}
