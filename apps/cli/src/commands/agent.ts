import { readFileSync } from 'node:fs'
import type { AgentConfig } from '@pomona/agent'
import { type Command, EXIT, type Input, type Options, type Terminal } from '../command-line.ts'
import { settingsOptions } from './settings-options.ts'

// Loaded when it is wanted, as the server is.
const agent = () => import('@pomona/agent')

async function options(): Promise<Options> {
  const { AgentConfig } = await agent()
  return settingsOptions(AgentConfig.shape)
}

const NOTES = ['Flags go before POMONA_… environment variables, those before the file.']

async function configOf(words: readonly string[], { environment }: Terminal): Promise<AgentConfig> {
  const { loadConfig } = await agent()
  return loadConfig({
    flags: words,
    environment,
    readFile: (path) => readFileSync(path, 'utf8'),
  })
}

/** `pomona agent`: the agent, until it is told to stop. */
export const agentCommand: Command = {
  name: 'agent',
  summary: 'Run the agent of this Mac: sense, detect, keep, deliver.',
  operands: '',
  options,
  notes: [...NOTES, 'A second signal to stop ends it at once; nothing that was kept is lost.'],
  async run(input: Input, terminal: Terminal) {
    const { AGENT_VERSION, runAgent, systemDeps, untilStopped } = await agent()
    const config = await configOf(input.words, terminal)
    await untilStopped((signal) => runAgent(config, systemDeps(AGENT_VERSION), signal))
    return EXIT.done
  },
}

/** `pomona agent status`: how the agent of a data directory is. */
export const agentStatusCommand: Command = {
  name: 'agent status',
  summary: 'Show how the agent of this Mac is: sensors, permissions, spool, cost.',
  operands: '',
  options: async () => ({
    ...(await options()),
    json: { type: 'boolean', description: 'Print one JSON object.' },
  }),
  notes: NOTES,
  async run(input: Input, terminal: Terminal) {
    const { readStatus, statusText } = await agent()
    const words = input.words.filter((word) => word !== '--json')
    const { data_directory: folder } = await configOf(words, terminal)
    const status = await readStatus(folder, terminal.clock)
    const text = input.flag('json') ? JSON.stringify(status) : statusText(status).trimEnd()
    terminal.output.line(text)
    return EXIT.done
  },
}
