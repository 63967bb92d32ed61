import { readFileSync } from 'node:fs'
import type { ServerConfig } from '@pomona/server'
import { type Command, EXIT, type Input, type Options, type Terminal } from '../command-line.ts'
import { settingsOptions } from './settings-options.ts'

// Loaded when it is wanted: the server's dependencies take longer to load than most commands to
// run.
const server = () => import('@pomona/server')

async function options(): Promise<Options> {
  const { ServerConfig } = await server()
  return settingsOptions(ServerConfig.shape)
}

const NOTES = ['Flags go before POMONA_… environment variables, those before the file.']

async function configOf(input: Input, { environment }: Terminal): Promise<ServerConfig> {
  const { loadConfig } = await server()
  return loadConfig({
    flags: input.words,
    environment,
    readFile: (path) => readFileSync(path, 'utf8'),
  })
}

/** `pomona server`: the whole server, until it is told to stop. */
export const serverCommand: Command = {
  name: 'server',
  summary: 'Run the server: gateway, engine, event store, API and console.',
  operands: '',
  options,
  notes: NOTES,
  async run(input, terminal) {
    const { say } = terminal
    const { runUntilStopped, startServer } = await server()
    const running = await startServer(await configOf(input, terminal))
    say(`Pomona is at ${running.address}`)
    say(`Agents reach it at ${running.agentAddress}`)
    if (running.enrolmentToken !== undefined) {
      say(`Enrolment token for 10 Macs, shown this once: ${running.enrolmentToken}`)
    }
    if (running.firstRunLink !== undefined) {
      say(`Make the first user here, once: ${running.firstRunLink}`)
    }
    return (await runUntilStopped(running)) === 0 ? EXIT.done : EXIT.failed
  },
}

const PROGRESS_EVENTS = 50_000

/** `pomona server rebuild-events`: the event store anew, from the log. */
export const serverRebuildCommand: Command = {
  name: 'server rebuild-events',
  summary: 'Empty the event store and fill it from the log again. The server must be stopped.',
  operands: '',
  options,
  notes: NOTES,
  async run(input, terminal) {
    let told = 0
    const { rebuildEvents } = await server()
    const { events } = await rebuildEvents(await configOf(input, terminal), (progress) => {
      if (progress.events < told + PROGRESS_EVENTS) return
      told = progress.events
      terminal.say(`${progress.events} events, up to offset ${progress.offset} of the log`)
    })
    terminal.say(`The event store holds ${events} events.`)
    return EXIT.done
  },
}
