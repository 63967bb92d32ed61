/**
 * `npm run demo`: the whole platform on this machine, with simulated Macs of which one after the
 * other is attacked. Everything is real but the Macs: server, projector, stores, console and the
 * agents' protocol. Ends with Ctrl-C. What the last demo kept is removed at the start of the next.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type AlertRecord, type IncidentRecord, type Severity, severityRank } from '@pomona/schema'
import { ServerConfig, startServer } from '../apps/server/src/index.ts'

const ROOT = join(import.meta.dirname, '..')
const DATA = join(ROOT, '.pomona', 'demo')
const ATTACKS = [
  'applescript-infostealer',
  'trojanised-dmg-launchagent',
  'supply-chain-dropper',
  'package-install-script',
  'ssh-sudo-remote-access',
  'keychain-browser-theft',
]
// An attack every 40 seconds: whenever the page is opened, one arrives within the minute.
const ATTACK_FIRST_SECONDS = 5
const ATTACK_EVERY_SECONDS = 40
const ATTACK_ROUNDS = 100

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '8443' },
    agents: { type: 'string', default: '6' },
    rate: { type: 'string', default: '10' },
  },
})

const COLOURS: Readonly<Record<Severity, string>> = {
  informational: '\u001b[37m',
  low: '\u001b[36m',
  medium: '\u001b[33m',
  high: '\u001b[31m',
  critical: '\u001b[1;31m',
}
const PLAIN = '\u001b[0m'

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Text from an endpoint, without what could steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '·')
}

function sayAlert(alert: AlertRecord): void {
  const { severity, time, host, rule_name: rule, techniques } = alert
  const word = severity.toUpperCase().padEnd(13)
  const painted = process.stdout.isTTY ? `${COLOURS[severity]}${word}${PLAIN}` : word
  const process_ = alert.processes[0]?.name ?? ''
  const ids = techniques.map(({ id }) => id).join(' ')
  say(
    `${time.slice(11, 19)}  ${painted} ${printable(host.name ?? host.id)}  ${rule}  ${printable(process_)}  ${ids}`,
  )
}

const MEDIUM = severityRank('medium')
/** What was said of an incident last: it is told when it begins, grows and becomes a chain. */
const told = new Map<string, string>()
const CHAIN_ALERTS = 5

function sayIncident(incident: IncidentRecord): void {
  const { id, severity, name, alert_count: alerts, last_time: time } = incident
  if (severityRank(severity) < MEDIUM) return
  const state = `${severity} ${alerts >= CHAIN_ALERTS ? name : ''}`
  if (told.get(id) === state) return
  const verb = told.has(id) ? 'INCIDENT grows' : 'INCIDENT'
  told.set(id, state)
  const line = `${verb}: ${severity}, ${alerts} alerts  ${printable(name)}`
  const painted = process.stdout.isTTY ? `${COLOURS[severity]}${line}${PLAIN}` : line
  say(`${time.slice(11, 19)}  ${painted}`)
}

async function portIsFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, '127.0.0.1')
    await once(probe, 'listening')
    return true
  } catch {
    return false // In use, or not ours to take; any other will do.
  } finally {
    probe.close()
  }
}

rmSync(DATA, { recursive: true, force: true })
const wanted = Number(flags.port)
const counts = new Map<Severity, number>()
const incidents = new Map<string, IncidentRecord>()
const server = await startServer(
  ServerConfig.parse({
    data_directory: DATA,
    listen_port: (await portIsFree(wanted)) ? wanted : 0,
    agent_listen_port: 0,
    log_level: 'warn',
  }),
  {
    onAlert: (alert) => {
      counts.set(alert.severity, (counts.get(alert.severity) ?? 0) + 1)
      sayAlert(alert)
    },
    onIncident: (incident, merged) => {
      for (const id of merged) incidents.delete(id)
      incidents.set(incident.id, incident)
      sayIncident(incident)
    },
  },
)

say(`
Pomona runs at  ${server.address}
Sign in here    ${server.firstRunLink ?? server.address}

${flags.agents} simulated Macs are at work; the first attack begins in ${ATTACK_FIRST_SECONDS} seconds, then one every ${ATTACK_EVERY_SECONDS}.
Each new alert appears below and in the console; alerts of one attack become one incident. Ctrl-C ends the demo.
`)

const enrolmentToken = await server.makeEnrolmentToken({
  label: 'simulated Macs of the demo',
  usesMax: Number(flags.agents),
  lifetimeSeconds: 3_600,
  actor: 'demo',
})
const scenarios = Array.from({ length: ATTACK_ROUNDS }, () => ATTACKS).flat()
const fleet = spawn(
  process.execPath,
  [
    join(ROOT, 'apps/cli/src/main.ts'),
    ...['sim', 'fleet', '--server', server.agentAddress, '--agents', flags.agents],
    ...['--rate', flags.rate, '--attack-after', String(ATTACK_FIRST_SECONDS)],
    ...['--attack-every', String(ATTACK_EVERY_SECONDS), '--quiet'],
    ...scenarios.flatMap((name) => ['--scenario', name]),
  ],
  {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, POMONA_ENROLMENT_TOKEN: enrolmentToken },
  },
)

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const stopped = once(stop.signal, 'abort')
await Promise.race([
  stopped,
  once(fleet, 'exit').then(() => say('The simulated Macs have stopped.')),
  server.failure.then((error) => say(`The server has failed: ${error.message}`)),
])
if (fleet.exitCode === null) fleet.kill('SIGTERM')
await server.close()
const total = [...counts]
  .toSorted(([one], [other]) => severityRank(other) - severityRank(one))
  .map(([severity, count]) => `${count} ${severity}`)
say(`Alerts in this demo: ${total.join(', ') || 'none'}.`)
const loud = [...incidents.values()].filter(({ severity }) => severityRank(severity) >= MEDIUM)
say(`Incidents of medium and above: ${loud.length}, of ${incidents.size} in all.`)
