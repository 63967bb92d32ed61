/**
 * `npm run demo`: the whole platform on this machine, with Macs of which one after the other is
 * attacked. Everything is real but macOS: server, projector, stores, console, and an agent a Mac
 * that enrols, senses, detects, keeps and delivers; its eslogger is a simulator. Now and then a Mac
 * goes offline and comes back. Ends with Ctrl-C. What the last demo kept is removed at the start of
 * the next.
 */
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type AlertRecord, type IncidentRecord, type Severity, severityRank } from '@pomona/schema'
import { ServerConfig, startServer } from '../apps/server/src/index.ts'
import { DemoMac } from './demo-mac.ts'

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
const BEGIN_MS = 10_000
const OFFLINE_AFTER_MS = 60_000
const OFFLINE_MS = 45_000
const OFFLINE_EVERY_MS = 120_000
const MACS_MAX = 50
const NAMES = ['maya', 'jonas', 'li', 'amara', 'tomas', 'yuki', 'ines', 'noor', 'wei', 'elin']

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '8443' },
    'agent-port': { type: 'string', default: '8444' },
    agents: { type: 'string', default: '3' },
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

async function portOr0(wanted: string): Promise<number> {
  const port = Number(wanted)
  return (await portIsFree(port)) ? port : 0
}

rmSync(DATA, { recursive: true, force: true })
const macsCount = Math.min(MACS_MAX, Math.max(1, Number(flags.agents) || 1))
const counts = new Map<Severity, number>()
const incidents = new Map<string, IncidentRecord>()
const server = await startServer(
  ServerConfig.parse({
    data_directory: DATA,
    listen_port: await portOr0(flags.port),
    agent_listen_port: await portOr0(flags['agent-port']),
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

${macsCount} Macs are at work, each with a real agent and a simulated eslogger. The first attack begins in ${ATTACK_FIRST_SECONDS + BEGIN_MS / 1_000} seconds, then one every ${ATTACK_EVERY_SECONDS}.
After a minute a Mac goes offline for ${OFFLINE_MS / 1_000} seconds: its Hosts page shows what it kept and delivered later.
Each new alert appears below and in the console; alerts of one attack become one incident. Ctrl-C ends the demo.
`)

const enrolmentToken = await server.makeEnrolmentToken({
  label: 'Demo',
  usesMax: macsCount,
  lifetimeSeconds: 3_600,
  actor: 'demo',
})
// Nobody touches the Macs until every sensor listens: who was started before would be unknown.
const begin = new Date(Date.now() + BEGIN_MS)
const macs: DemoMac[] = []
for (let index = 0; index < macsCount; index++) {
  const name = `${NAMES[index % NAMES.length]}-mac-${String(index + 1).padStart(2, '0')}`
  macs.push(
    await DemoMac.start({
      name,
      folder: join(DATA, 'macs', name),
      server: new URL(server.agentAddress),
      enrolmentToken,
      story: storyOf(index),
    }),
  )
}

/** Everybody works all day; the Macs take turns in being attacked. */
function storyOf(index: number): readonly string[] {
  const attacks = Array.from({ length: ATTACK_ROUNDS }, (_, round) => {
    const place = round * macsCount + index
    return ['--scenario', ATTACKS[place % ATTACKS.length] ?? '']
  })
  const after = String(ATTACK_FIRST_SECONDS + ATTACK_EVERY_SECONDS * index)
  const every = String(ATTACK_EVERY_SECONDS * macsCount)
  const times = ['--start', begin.toISOString(), '--after', after, '--every', every]
  return ['--benign', ...times, ...attacks.flat()]
}

/** One Mac after the other is off the network for a while. */
async function goOfflineInTurn(signal: AbortSignal): Promise<void> {
  await wait(OFFLINE_AFTER_MS, undefined, { signal })
  for (let turn = 0; ; turn++) {
    const mac = macs[turn % macs.length]
    if (mac === undefined) return
    mac.goOffline()
    say(`${mac.name} is offline.`)
    await wait(OFFLINE_MS, undefined, { signal })
    await mac.comeBack()
    say(`${mac.name} is back.`)
    await wait(OFFLINE_EVERY_MS - OFFLINE_MS, undefined, { signal })
  }
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const stopped = once(stop.signal, 'abort')
goOfflineInTurn(stop.signal).catch((error: unknown) => {
  if (!stop.signal.aborted) throw error
})
await Promise.race([
  stopped,
  ...macs.map((mac) => mac.ended.then(() => say(`The agent of ${mac.name} has ended.`))),
  server.failure.then((error) => say(`The server has failed: ${error.message}`)),
])
stop.abort()
await Promise.all(macs.map((mac) => mac.stop()))
await server.close()
const total = [...counts]
  .toSorted(([one], [other]) => severityRank(other) - severityRank(one))
  .map(([severity, count]) => `${count} ${severity}`)
say(`Alerts in this demo: ${total.join(', ') || 'none'}.`)
const loud = [...incidents.values()].filter(({ severity }) => severityRank(severity) >= MEDIUM)
say(`Incidents of medium and above: ${loud.length}, of ${incidents.size} in all.`)
