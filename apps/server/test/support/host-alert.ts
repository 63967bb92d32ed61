import { type Alert, alertId, type AlertIdentity, TENANT_DEFAULT } from '@pomona/schema'

/** An alert as the engine of a host tells it: its id is that of its parts. */
export function hostAlert(hostId: string, parts: Partial<Alert> = {}): Alert {
  const alert: Omit<Alert, 'id'> = {
    rule_id: 'rule-on-host',
    rule_name: 'Found on the host',
    rule_version: 'v1',
    severity: 'high',
    risk_score: 73,
    attack_version: '17.1',
    techniques: [],
    tactics: [],
    time: '2026-11-22T10:00:00.5Z',
    tenant_id: TENANT_DEFAULT,
    host: { id: hostId },
    processes: [],
    events: ['s-1'],
    matches: [],
    group_key: hostId,
    ...parts,
  }
  const identity = {
    ruleId: alert.rule_id,
    ruleVersion: alert.rule_version,
    tenantId: alert.tenant_id,
    groupKey: alert.group_key,
    eventIds: alert.events,
  } as unknown as AlertIdentity // The rule's id is one.
  return { ...alert, id: alertId(identity) }
}
