import { deepEqual, equal, match, ok, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { COMMAND_ENVIRONMENT } from '@pomona/sensor'
import { MACHINE, nodeProgram, started } from '../machine.ts'

/** Waits until a process runs no more; one that nobody has buried yet runs no more either. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return
    } catch {
      return
    }
    await setTimeout(5)
  }
}

const IGNORE = { stdout: () => undefined, stderr: () => undefined, ended: () => undefined }

test('command: output, errors and the exit code are told, the end last', async () => {
  const program = started(nodeProgram('console.log("out"); console.error("err"); process.exit(3)'))
  const end = await program.ended
  equal(program.stdout(), 'out\n')
  equal(program.stderr(), 'err\n')
  equal(end.code, 3)
  equal(end.signal, undefined)
  equal(end.stop, undefined)
  ok(end.ranMs > 0)
})

test('command: it gets the environment it is given and nothing of ours', async () => {
  const program = started(nodeProgram('console.log(JSON.stringify(process.env))'))
  await program.ended
  deepEqual(JSON.parse(program.stdout()), COMMAND_ENVIRONMENT)
})

test('command: arguments are words, not text for a shell', async () => {
  const words = ['$HOME', '`id`', '; exit 9', '*', '']
  const source = 'console.log(JSON.stringify(process.argv.slice(1)))'
  const program = started({ path: process.execPath, args: ['-e', source, '--', ...words] })
  await program.ended
  deepEqual(JSON.parse(program.stdout()), words)
})

// The group and session of a process, as Linux tells them; macOS has no such file.
const hasProc = process.platform === 'linux' ? false : 'no /proc on this system'

test('command: it leads a process group and session of its own', { skip: hasProc }, async () => {
  const program = started(nodeProgram('console.log("up"); setInterval(() => {}, 1000)'))
  await program.said(/up/)
  const { pid } = program.running
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  equal(fields[2], String(pid))
  equal(fields[3], String(pid))
  program.running.stop()
  equal((await program.ended).stop, 'stopped')
})

test('command: one that ignores the request to end is killed, and all of its group', async () => {
  const program = started(
    nodeProgram(`
      process.on('SIGTERM', () => undefined)
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
      console.log('child', child.pid)
      setInterval(() => {}, 1000)
    `),
  )
  const child = Number((await program.said(/child (\d+)/))[1])
  program.running.stop('stopped', 20)
  const end = await program.ended
  equal(end.signal, 'SIGKILL')
  await gone(child)
})

test('command: what a program leaves behind in its group goes with it', async () => {
  const program = started(
    nodeProgram(`
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
      child.unref()
      require('node:fs').writeSync(1, 'child ' + child.pid + '\\n')
      process.exit(0)
    `),
  )
  const child = Number((await program.said(/child (\d+)/))[1])
  equal((await program.ended).code, 0)
  await gone(child)
})

test('command: a program is asked for its counts and goes on', async () => {
  const program = started(
    nodeProgram(`
      const signal = process.platform === 'darwin' ? 'SIGINFO' : 'SIGUSR1'
      let asked = 0
      process.on(signal, () => {
        asked += 1
        console.log('asked ' + asked)
        if (asked === 2) process.exit(0)
      })
      setInterval(() => {}, 1000)
      console.log('ready')
    `),
  )
  await program.said(/ready/)
  program.running.askForCounts()
  await program.said(/asked 1/)
  program.running.askForCounts()
  equal((await program.ended).code, 0)
  program.running.askForCounts()
})

test('command: a program that is not there is an end, not an exception', async () => {
  const program = started({ path: '/nonexistent/eslogger', args: [] })
  const end = await program.ended
  equal(end.failure, 'not_found')
  equal(end.code, undefined)
})

test('command: a file that is no program is an end too', async () => {
  const program = started({ path: import.meta.filename, args: [] })
  match((await program.ended).failure ?? '', /^not_(permitted|started)$/)
})

test('command: a relative path is refused', () => {
  throws(() => MACHINE.commands.start({ path: 'eslogger', args: [] }, IGNORE), {
    code: 'ERR_COMMAND_INVALID',
  })
})
