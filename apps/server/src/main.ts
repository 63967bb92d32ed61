import { readFileSync } from 'node:fs'
import { loadConfig } from './config.ts'
import { messageOf } from './errors.ts'
import { startServer } from './server.ts'
import { runUntilStopped } from './signals.ts'

/** Runs the server by itself: `node apps/server/src/main.ts --listen-port 8443`. */
async function main(): Promise<void> {
  const config = loadConfig({
    flags: process.argv.slice(2),
    environment: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  const server = await startServer(config)
  process.stderr.write(`Pomona is at ${server.address}\n`)
  process.stderr.write(`Agents reach it at ${server.agentAddress}\n`)
  if (server.enrolmentToken !== undefined) {
    process.stderr.write(`Enrolment token for 10 Macs, shown this once: ${server.enrolmentToken}\n`)
  }
  if (server.firstRunLink !== undefined) {
    process.stderr.write(`Make the first user here, once: ${server.firstRunLink}\n`)
  }
  process.exitCode = await runUntilStopped(server)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
