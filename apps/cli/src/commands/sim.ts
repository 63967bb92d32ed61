import { createWriteStream } from 'node:fs'
import { parseTime } from '@pomona/schema'
import { nearestName } from '@pomona/rules'
import { HOST_DEFAULT, type Scenario, simulate, type SimulatedHost } from '@pomona/sensor'
import { type Command, EXIT, type Input } from '../command-line.ts'
import { scenarios } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { Output } from '../output.ts'

const EVENTS_MAX = 100_000_000
const LINES_PER_DRAIN = 256

/** `pomona sim`: streams as eslogger would have written them on a Mac where a story happens. */
export const simCommand: Command = {
  name: 'sim',
  summary: 'Write a simulated eslogger stream of attack scenarios and benign use.',
  operands: '[NAME…]',
  options: {
    scenario: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'Attack scenario to play once: its id, or a scenario file. More may follow it.',
    },
    benign: {
      type: 'string',
      value: 'N',
      description: 'Play benign profiles in the background until N events are written.',
    },
    profile: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'Benign profile for --benign; all of them when absent.',
    },
    out: { type: 'string', value: 'FILE', description: 'File to write; stdout when absent.' },
    seed: { type: 'string', value: 'S', description: 'The same seed gives the same bytes.' },
    host: { type: 'string', value: 'NAME', description: 'Name of the Mac.' },
    os: { type: 'string', value: 'VERSION', description: 'macOS release, such as 15 or 26.1.' },
    start: { type: 'string', value: 'TIME', description: 'RFC 3339 time of the first event.' },
    list: { type: 'boolean', description: 'List the scenarios instead.' },
  },
  async run(input, { output, say, signal }) {
    const known = await scenarios()
    if (input.flag('list')) {
      for (const { id, kind, name } of known) output.line(`${kind}\t${id}\t${name}`)
      return EXIT.done
    }
    const lines = simulate(await optionsOf(input, known))
    const path = input.text('out')
    const target = path === undefined ? output : new Output(createWriteStream(path))
    let count = 0
    for (const line of lines) {
      target.line(line)
      count++
      if (count % LINES_PER_DRAIN !== 0) continue
      await target.drain()
      if (signal.aborted) break
    }
    await target.flush()
    say(`${count} events${path === undefined ? '' : ` in ${path}`}`)
    return EXIT.done
  },
}

async function optionsOf(input: Input, known: readonly Scenario[]) {
  const names = [...input.texts('scenario'), ...input.operands]
  const eventsMax = input.number('benign', { min: 1, max: EVENTS_MAX, whole: true })
  if (names.length === 0 && eventsMax === undefined) {
    throw wrongUse('Say what to simulate: --scenario NAME, --benign N, or both.')
  }
  const played: Scenario[] = []
  for (const name of names) played.push(...(await scenariosNamed(name, known)))
  const background: Scenario[] = []
  for (const name of input.texts('profile')) background.push(...(await scenariosNamed(name, known)))
  const benign = background.length > 0 ? background : known.filter(({ kind }) => kind === 'benign')
  const seed = input.text('seed')
  const startNs = startOf(input)
  return {
    scenarios: played,
    host: hostOf(input),
    ...(seed === undefined ? {} : { seed }),
    ...(startNs === undefined ? {} : { startNs }),
    ...(eventsMax === undefined ? {} : { background: benign, eventsMax }),
  }
}

/** Finds scenarios by id or file. @throws CliError ERR_CLI_USAGE with the nearest id. */
export async function scenariosNamed(
  name: string,
  known: readonly Scenario[],
): Promise<readonly Scenario[]> {
  const found = known.find(({ id }) => id === name)
  if (found !== undefined) return [found]
  if (/\.ya?ml$/.test(name)) return scenarios(name)
  const ids = known.map(({ id }) => id)
  const near = nearestName(name, ids)
  const hint = near === undefined ? `There are: ${ids.join(', ')}.` : `Did you mean ${near}?`
  throw wrongUse(`There is no scenario "${name}". ${hint}`)
}

function hostOf(input: Input): SimulatedHost {
  return {
    ...HOST_DEFAULT,
    name: input.text('host') ?? HOST_DEFAULT.name,
    osVersion: input.text('os') ?? HOST_DEFAULT.osVersion,
  }
}

function startOf(input: Input): bigint | undefined {
  const text = input.text('start')
  if (text === undefined) return undefined
  const startNs = parseTime(text)
  if (startNs === undefined) throw wrongUse(`--start takes an RFC 3339 time, not "${text}".`)
  return startNs
}
