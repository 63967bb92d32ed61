import { systemSleep } from '@pomona/agent'
import { type Command, EXIT } from '../command-line.ts'
import { scenarios } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { AGENTS_MAX, type Fleet, runFleet } from '../fleet/fleet.ts'
import { fleetReport, sentence } from '../fleet/report.ts'
import { version } from '../version.ts'
import { scenariosNamed } from './sim.ts'

const SERVER_DEFAULT = 'https://localhost:8444'
const SPOOL_EVENTS_MAX = 10_000_000
const PROGRESS_INTERVAL_MS = 10_000
const NS_PER_MS = 1_000_000n
const MS_PER_S = 1_000
const RATE_MAX = 10_000
const DURATION_SECONDS_MAX = 31_536_000

/** `pomona sim fleet`: simulated Macs that send to a server as agents do. */
export const simFleetCommand: Command = {
  name: 'sim fleet',
  summary: 'Run simulated Macs that send their events to a server, until stopped.',
  operands: '',
  options: {
    agents: { type: 'string', value: 'N', description: 'Macs. Default 5.' },
    rate: { type: 'string', value: 'R', description: 'Events a second and Mac. Default 20.' },
    server: {
      type: 'string',
      value: 'URL',
      description: "Address of the server's port for agents. Default https://localhost:8444.",
    },
    token: {
      type: 'string',
      value: 'T',
      description: 'Enrolment token for as many Macs; or POMONA_ENROLMENT_TOKEN.',
    },
    scenario: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'Attack to play, one Mac after the other.',
    },
    'attack-after': { type: 'string', value: 'S', description: 'Seconds to the first attack.' },
    'attack-every': { type: 'string', value: 'S', description: 'Seconds between attacks.' },
    duration: { type: 'string', value: 'S', description: 'Stop after so many seconds.' },
    offline: {
      type: 'string',
      value: 'S',
      description: 'Each Mac is offline once, for this long.',
    },
    flap: { type: 'string', value: 'S', description: 'Each network breaks about this often.' },
    skew: { type: 'string', value: 'S', description: 'Clocks are wrong by up to so much.' },
    restarts: {
      type: 'string',
      value: 'S',
      description: 'Each agent is started again about this often.',
    },
    ramp: { type: 'string', value: 'S', description: 'Switch the Macs on over so many seconds.' },
    spool: {
      type: 'string',
      value: 'DIR',
      description: 'Keep the spools in this folder; in memory without it.',
    },
    'spool-events': {
      type: 'string',
      value: 'N',
      description: 'Events a spool in memory holds. Default 20000.',
    },
    seed: { type: 'string', value: 'S', description: 'Names and stories come from it.' },
    os: { type: 'string', value: 'VERSION', description: 'macOS release of the Macs.' },
    quiet: { type: 'boolean', description: 'Say nothing until it ends.' },
    json: { type: 'boolean', description: 'Print the counts as JSON when it ends.' },
  },
  notes: [
    'A profile has a pace of its own; higher rates play it for several people at once.',
    'At the end: sensed = stored + filtered + dropped + held.',
  ],
  async run(input, terminal) {
    const { output, say, clock, random, environment } = terminal
    const token = input.text('token') ?? environment['POMONA_ENROLMENT_TOKEN']
    if (token === undefined) throw wrongUse('--token is missing.')
    const server = input.text('server') ?? SERVER_DEFAULT
    if (!server.startsWith('https:') || !URL.canParse(server)) {
      throw wrongUse(`--server takes an https address, not "${server}".`)
    }
    const known = await scenarios()
    const attacks = []
    for (const name of input.texts('scenario')) attacks.push(...(await scenariosNamed(name, known)))
    const seconds = { min: 0, max: DURATION_SECONDS_MAX }
    const duration = input.number('duration', seconds)
    const given = definedOnly({
      attackFirstSeconds: input.number('attack-after', seconds),
      attackEverySeconds: input.number('attack-every', seconds),
      rampSeconds: input.number('ramp', seconds),
      seed: input.text('seed'),
      osVersion: input.text('os'),
      spoolFolder: input.text('spool'),
      spoolItemsMax: input.number('spool-events', { min: 1, max: SPOOL_EVENTS_MAX, whole: true }),
    })
    const faults = definedOnly({
      offlineSeconds: input.number('offline', seconds),
      flapSeconds: input.number('flap', seconds),
      skewSeconds: input.number('skew', seconds),
      restartSeconds: input.number('restarts', seconds),
    })
    const timeout = duration === undefined ? [] : [AbortSignal.timeout(duration * 1_000)]
    const signal = AbortSignal.any([terminal.signal, ...timeout])
    const fleet = runFleet({
      agents: input.number('agents', { min: 1, max: AGENTS_MAX, whole: true }) ?? 5,
      rate: input.number('rate', { min: 0.1, max: RATE_MAX }) ?? 20,
      server,
      token,
      profiles: known.filter(({ kind }) => kind === 'benign'),
      attacks,
      ...given,
      faults,
      agentVersion: version(),
      clock,
      random,
      sleep: systemSleep,
      signal,
    })
    const begunNs = clock.monotonicNs()
    await watched(fleet, input.flag('quiet') ? () => undefined : say)
    const counts = fleet.counts()
    const elapsed = Number((clock.monotonicNs() - begunNs) / NS_PER_MS) / MS_PER_S
    if (input.flag('json')) output.json({ kind: 'summary', seconds: elapsed, ...counts })
    for (const line of fleetReport(counts, elapsed)) say(line)
    return EXIT.done
  },
}

async function watched(fleet: Fleet, say: (text: string) => void): Promise<void> {
  const progress = setInterval(() => say(sentence(fleet.counts())), PROGRESS_INTERVAL_MS)
  try {
    await fleet.done
  } finally {
    clearInterval(progress)
  }
}

/** The entries that have a value. */
function definedOnly<Given extends Readonly<Record<string, unknown>>>(
  given: Given,
): { [Name in keyof Given]?: Exclude<Given[Name], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  // What is left of an object has the types it had, without the absent ones.
  return Object.fromEntries(entries) as { [Name in keyof Given]?: Exclude<Given[Name], undefined> }
}
