import { readFileSync } from 'node:fs'
import { runAgent } from './agent.ts'
import { loadConfig } from './config.ts'
import { messageOf } from './errors.ts'
import { readStatus } from './health/read-status.ts'
import { statusText } from './health/status-text.ts'
import { systemClock } from './machine.ts'
import { untilStopped } from './signals.ts'
import { systemDeps } from './system.ts'
import { AGENT_VERSION } from './version.ts'

/** The agent by itself: `main.ts [status] [--flags]`. */
async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2)
  const isStatus = first === 'status'
  const config = loadConfig({
    flags: isStatus || first === undefined ? rest : [first, ...rest],
    environment: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  if (isStatus) {
    process.stdout.write(statusText(await readStatus(config.data_directory, systemClock)))
    return
  }
  await untilStopped((signal) => runAgent(config, systemDeps(AGENT_VERSION), signal))
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
