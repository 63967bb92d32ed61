import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from '@pomona/sensor'
import { ManualTime, ScriptedCommands } from '@pomona/sensor/testing'
import { MACHINE, nodeProgram } from '../machine.ts'

test('run: gives what a command printed', async () => {
  const source = 'console.log("list"); console.error("note")'
  const result = await runCommand(MACHINE, nodeProgram(source))
  equal(Buffer.from(result.stdout).toString(), 'list\n')
  equal(result.stderr, 'note\n')
  ok(result.succeeded)
})

test('run: a command that prints without end is ended at the bound', async () => {
  const source = 'setInterval(() => process.stdout.write("x".repeat(65536)), 0)'
  const result = await runCommand(MACHINE, nodeProgram(source), { stdoutBytesMax: 100_000 })
  equal(result.stdout.length, 100_000)
  equal(result.end.stop, 'output')
  ok(!result.succeeded)
})

test('run: stderr beyond its bound is read and dropped', async () => {
  const source = 'process.stderr.write("e".repeat(1e6)); console.log("done")'
  const result = await runCommand(MACHINE, nodeProgram(source), { stderrBytesMax: 10 })
  equal(result.stderr, 'e'.repeat(10))
  ok(result.succeeded)
  match(Buffer.from(result.stdout).toString(), /done/)
})

test('run: a command that hangs is ended when its time is up', async () => {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time)
  const command = { path: '/bin/hang', args: [] }
  const ran = runCommand({ commands, timer: time }, command, { timeoutMs: 500 })
  await time.advance(499)
  equal(commands.started[0]?.stopped, undefined)
  await time.advance(1)
  const result = await ran
  equal(result.end.stop, 'timeout')
  equal(time.waiting, 0)
})
