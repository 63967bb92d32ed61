import type { Normalizer } from '@pomona/normalize'
import {
  type CommandLine,
  Eslogger,
  ESLOGGER,
  eventName,
  type FileFactsCollector,
  LOG_STREAM,
  type NetworkRecord,
  NetworkSensor,
  type RawRecord,
  redactLogRecord,
  redactRecord,
  type SourceFilter,
  type SupervisionTools,
  TCPDUMP,
  UnifiedLog,
  type UnifiedLogRecord,
} from '@pomona/sensor'
import { AgentError } from './errors.ts'
import { type Source, sourceOf } from './pipeline/source.ts'

/** What the sensors of an agent are made of. */
export interface SensorOptions {
  readonly tools: SupervisionTools
  readonly normalizer: Normalizer
  /** What is left out of eslogger's records before they are parsed. */
  readonly filter: SourceFilter
  /** Names of {@link SENSORS}, with commas between. */
  readonly sensors: string
  /** As `eslogger_command` of the configuration has it. */
  readonly esloggerCommand: string
  /** Reads the files that records name, where that is done. */
  readonly fileFacts: FileFactsCollector | undefined
}

type MakeSource = (options: SensorOptions) => Source

/** Every kind of sensor an agent has. */
const SENSORS: Readonly<Record<string, MakeSource>> = {
  eslogger: ({ tools, normalizer, filter, esloggerCommand, fileFacts }) => {
    const command = commandOf(esloggerCommand, ESLOGGER)
    return sourceOf<RawRecord>(new Eslogger({ command, binary: process.execPath, filter }, tools), {
      redact: (record) => redactRecord(record).record,
      ...(fileFacts !== undefined && { lookUp: async (records) => fileFacts.about(records) }),
      normalize: ({ text, value }, { sequence, facts }) =>
        normalizer.normalize({ sequence, text, value }, facts),
      typeOf: ({ value }) => eventName(value),
    })
  },
  unified_log: ({ tools, normalizer }) =>
    sourceOf<UnifiedLogRecord>(new UnifiedLog({ command: LOG_STREAM }, tools), {
      redact: redactLogRecord,
      normalize: (record, { sequence }) => normalizer.log({ ...record, sequence }),
      typeOf: () => 'log',
    }),
  network: ({ tools, normalizer }) =>
    sourceOf<NetworkRecord>(new NetworkSensor({ command: TCPDUMP }, tools), {
      normalize: (record, { sequence }) => normalizer.network({ ...record, sequence }),
      typeOf: ({ action }) => action,
    }),
}

/**
 * The sensors of an agent, each with how its records become events.
 *
 * @throws AgentError ERR_AGENT_SENSOR when there is no sensor of a name; ERR_AGENT_COMMAND.
 */
export function agentSources(options: SensorOptions): readonly Source[] {
  const names = options.sensors.split(',').map((name) => name.trim())
  return names.map((name) => {
    const make = Object.hasOwn(SENSORS, name) ? SENSORS[name] : undefined
    if (make !== undefined) return make(options)
    const known = Object.keys(SENSORS).join(', ')
    throw new AgentError('ERR_AGENT_SENSOR', `There is no sensor "${name}"; there are ${known}.`)
  })
}

/**
 * Reads a command of the configuration.
 *
 * @param usual What a path alone takes the place of.
 * @throws AgentError ERR_AGENT_COMMAND when it is neither a path nor a list of texts.
 */
export function commandOf(text: string, usual: CommandLine): CommandLine {
  if (!text.startsWith('[')) return { ...usual, path: text }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const words = Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
  const [path, ...args] = words
  if (path === undefined || !Array.isArray(value) || words.length !== value.length) {
    throw new AgentError('ERR_AGENT_COMMAND', `${text} is no JSON list of a program's words.`)
  }
  return { path, args }
}
