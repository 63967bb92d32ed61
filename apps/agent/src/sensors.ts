import type { Normalizer } from '@pomona/normalize'
import {
  type CommandLine,
  Eslogger,
  ESLOGGER,
  eventName,
  type RawRecord,
  redactRecord,
  type SourceFilter,
  type SupervisionTools,
} from '@pomona/sensor'
import { AgentError } from './errors.ts'
import { type Source, sourceOf } from './pipeline/source.ts'

/** What the sensors of an agent are made of. */
export interface SensorOptions {
  readonly tools: SupervisionTools
  readonly normalizer: Normalizer
  readonly filter: SourceFilter
  /** As `eslogger_command` of the configuration has it. */
  readonly esloggerCommand: string
}

/** The sensors of an agent, each with how its records become events. */
export function agentSources(options: SensorOptions): readonly Source[] {
  const { tools, normalizer, filter, esloggerCommand } = options
  const eslogger = new Eslogger(
    { command: commandOf(esloggerCommand), binary: process.execPath, filter },
    tools,
  )
  return [
    sourceOf<RawRecord>(eslogger, {
      redact: (record) => redactRecord(record).record,
      normalize: ({ text, value }, sequence) => normalizer.normalize({ sequence, text, value }),
      typeOf: ({ value }) => eventName(value),
    }),
  ]
}

/**
 * Reads a command of the configuration.
 *
 * @throws AgentError ERR_AGENT_COMMAND when it is neither a path nor a list of texts.
 */
export function commandOf(text: string): CommandLine {
  if (!text.startsWith('[')) return { ...ESLOGGER, path: text }
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
