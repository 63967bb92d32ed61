import type { AgentStatus } from './status.ts'

const MEBIBYTE = 1024 * 1024

/** A status as people read it. */
export function statusText(status: AgentStatus): string {
  const { report, server, events } = status
  const { usage } = report
  const lines = [
    `Pomona agent on ${report.host.name} (${report.host.id}), epoch ${report.epoch}, ` +
      `process ${status.pid}, as of ${status.updated}`,
    `Server   ${server.url ?? 'none'}: ${server.state}${server.reason ? `, ${server.reason}` : ''}`,
    `Events   ${events.received} sensed, ${events.sent} kept, ${sum(events.discarded)} left out`,
    ...filesText(status.file_facts),
    `Spool    ${usage.spool_events} events, ${mebibytes(usage.spool_bytes)} MiB`,
    `Rules    ${status.rules} on this host, ${usage.alerts} alerts since the start`,
    `Cost     ${usage.cpu_percent} % of a core, ${mebibytes(usage.memory_bytes)} MiB`,
    'Sensors',
    ...report.sensors.map(({ sensor, state, restarts, lost, problem }) => {
      const counts = restarts + lost === 0 ? '' : ` (${restarts} restarts, ${lost} lost)`
      const why = problem === undefined ? '' : `: ${problem.message} ${problem.remedy ?? ''}`
      return `  ${sensor.padEnd(20)} ${state}${counts}${why}`.trimEnd()
    }),
    'Permissions',
    ...report.permissions.map(({ name, granted, profile }) => {
      const how = granted || profile === undefined ? '' : ` (granted by ${profile})`
      return `  ${name.padEnd(20)} ${granted ? 'granted' : 'missing'}${how}`
    }),
    ...mechanismsText(report.posture),
  ]
  return `${lines.join('\n')}\n`
}

function mechanismsText(posture: AgentStatus['report']['posture']): readonly string[] {
  if (posture === undefined) return []
  const lines = Object.entries(posture.looks).flatMap(([name, look]) =>
    look.ok
      ? look.facts.map((fact) => `  ${fact.name.padEnd(20)} ${fact.value}`)
      : [`  ${name.padEnd(20)} not known: ${look.message}`],
  )
  return [`Security mechanisms, as of ${posture.taken}`, ...lines]
}

function filesText(files: AgentStatus['file_facts']): readonly string[] {
  if (files === undefined) return []
  const { asked, known, cached, late, failed } = files
  const why = Object.entries(failed).map(([reason, count]) => `${count} ${reason}`)
  const unknown = why.length === 0 ? '' : `, unknown: ${why.join(', ')}`
  return [
    `Files    ${asked} looked at, ${known} known (${cached} not read again), ${late} late${unknown}`,
  ]
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1)
}
