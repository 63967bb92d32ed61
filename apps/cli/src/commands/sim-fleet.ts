import { setTimeout as wait } from 'node:timers/promises'
import { type Command, EXIT } from '../command-line.ts'
import { scenarios } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { AGENTS_MAX, type Fleet, runFleet } from '../fleet/fleet.ts'
import type { Sleep } from '../fleet/uplink.ts'
import { version } from '../version.ts'
import { scenariosNamed } from './sim.ts'

const PROGRESS_INTERVAL_MS = 10_000
const RATE_MAX = 10_000
const DURATION_SECONDS_MAX = 31_536_000

/** A sleep on the machine's clock. */
export const sleep: Sleep = async (waitMs, signal) => {
  await wait(waitMs, undefined, { signal })
}

/** `pomona sim fleet`: simulated Macs that send to a server as agents do. */
export const simFleetCommand: Command = {
  name: 'sim fleet',
  summary: 'Run simulated Macs that send their events to a server, until stopped.',
  operands: '',
  options: {
    agents: { type: 'string', value: 'N', description: 'Macs. Default 5.' },
    rate: { type: 'string', value: 'R', description: 'Events a second and Mac. Default 20.' },
    server: { type: 'string', value: 'URL', description: 'Address of the server.' },
    token: { type: 'string', value: 'T', description: 'Ingest token; or POMONA_INGEST_TOKEN.' },
    scenario: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'Attack to play, one Mac after the other.',
    },
    'attack-after': { type: 'string', value: 'S', description: 'Seconds to the first attack.' },
    'attack-every': { type: 'string', value: 'S', description: 'Seconds between attacks.' },
    duration: { type: 'string', value: 'S', description: 'Stop after so many seconds.' },
    seed: { type: 'string', value: 'S', description: 'Names and stories come from it.' },
    os: { type: 'string', value: 'VERSION', description: 'macOS release of the Macs.' },
    quiet: { type: 'boolean', description: 'Say nothing until it ends.' },
    json: { type: 'boolean', description: 'Print the counts as JSON when it ends.' },
  },
  notes: ['A profile has a pace of its own; higher rates play it for several people at once.'],
  async run(input, terminal) {
    const { output, say, clock, random, environment } = terminal
    const token = input.text('token') ?? environment['POMONA_INGEST_TOKEN']
    if (token === undefined) throw wrongUse('--token is missing.')
    const server = input.required('server')
    if (!URL.canParse(server)) throw wrongUse(`--server takes an address, not "${server}".`)
    const known = await scenarios()
    const attacks = []
    for (const name of input.texts('scenario')) attacks.push(...(await scenariosNamed(name, known)))
    const seconds = { min: 0, max: DURATION_SECONDS_MAX }
    const duration = input.number('duration', seconds)
    const first = input.number('attack-after', seconds)
    const every = input.number('attack-every', seconds)
    const seed = input.text('seed')
    const osVersion = input.text('os')
    const timeout = duration === undefined ? [] : [AbortSignal.timeout(duration * 1_000)]
    const signal = AbortSignal.any([terminal.signal, ...timeout])
    const fleet = runFleet({
      agents: input.number('agents', { min: 1, max: AGENTS_MAX, whole: true }) ?? 5,
      rate: input.number('rate', { min: 0.1, max: RATE_MAX }) ?? 20,
      server,
      token,
      profiles: known.filter(({ kind }) => kind === 'benign'),
      attacks,
      ...(first === undefined ? {} : { attackFirstSeconds: first }),
      ...(every === undefined ? {} : { attackEverySeconds: every }),
      ...(seed === undefined ? {} : { seed }),
      ...(osVersion === undefined ? {} : { osVersion }),
      agentVersion: version(),
      clock,
      random,
      sleep,
      signal,
    })
    await watched(fleet, input.flag('quiet') ? () => undefined : say)
    const counts = fleet.counts()
    if (input.flag('json')) output.json({ kind: 'summary', ...counts })
    say(sentence(fleet))
    return EXIT.done
  },
}

async function watched(fleet: Fleet, say: (text: string) => void): Promise<void> {
  const progress = setInterval(() => say(sentence(fleet)), PROGRESS_INTERVAL_MS)
  try {
    await fleet.done
  } finally {
    clearInterval(progress)
  }
}

function sentence(fleet: Fleet): string {
  const { agents, sensed, stored, discarded, held, retries } = fleet.counts()
  const again = Object.entries(retries).map(([cause, count]) => `, ${count} retries (${cause})`)
  return (
    `${agents} Macs: ${sensed} events sensed, ${stored} stored, ${discarded} discarded, ` +
    `${held} waiting${again.join('')}`
  )
}
