import { deepEqual, equal, match } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { Writable } from 'node:stream'
import { COMMANDS } from '../../src/commands/index.ts'
import { Output } from '../../src/output.ts'
import { run } from '../../src/run.ts'
import { type Ended, pomona } from '../pomona.ts'

const uses = [
  { name: 'no command', args: [], code: 2, stderr: /Usage: pomona COMMAND/ },
  { name: 'help', args: ['--help'], code: 0, stdout: /replay FILE…/ },
  { name: 'help of a command', args: ['replay', '--help'], code: 0, stdout: /--content DIR/ },
  {
    name: 'help of a command of two words',
    args: ['sim', 'fleet', '--help'],
    code: 0,
    stdout: /--agents N/,
  },
  {
    name: 'the server’s help lists its settings',
    args: ['server', '--help'],
    code: 0,
    stdout: /--listen-port/,
  },
  {
    name: 'the version',
    args: ['--version'],
    code: 0,
    stdout: /^pomona \d+\.\d+\.\d+ on Node 26\./,
  },
  { name: 'a mistyped command', args: ['replya'], code: 2, stderr: /Did you mean replay\?/ },
  {
    name: 'half a command',
    args: ['rules'],
    code: 2,
    stderr: /rules check, rules eval, rules test/,
  },
  {
    name: 'a command of a later version',
    args: ['hunt', 'curl'],
    code: 2,
    stderr: /There are: .*replay/,
  },
  {
    name: 'a mistyped option',
    args: ['replay', 'x', '--jsn'],
    code: 2,
    stderr: /Did you mean --json\?/,
  },
  { name: 'nothing to replay', args: ['replay'], code: 2, stderr: /at least one recording/ },
  {
    name: 'one network capture for two recordings',
    args: ['replay', 'x', 'y', '--network', 'z'],
    code: 2,
    stderr: /1 times for 2 recordings/,
  },
  { name: 'nothing to simulate', args: ['sim'], code: 2, stderr: /--scenario NAME/ },
  {
    name: 'a scenario that does not exist',
    args: ['sim', '--scenario', 'offise'],
    code: 2,
    stderr: /Did you mean office\?/,
  },
  {
    name: 'a count that is none',
    args: ['sim', '--benign', 'many'],
    code: 2,
    stderr: /whole number/,
  },
  {
    name: 'a time that is none',
    args: ['sim', '--benign', '1', '--start', 'now'],
    code: 2,
    stderr: /RFC 3339/,
  },
  {
    name: 'a macOS without eslogger',
    args: ['sim', '--benign', '1', '--os', '12'],
    code: 1,
    stderr: /macOS 12/,
  },
  {
    name: 'a fleet without token',
    args: ['sim', 'fleet', '--server', 'http://127.0.0.1:1'],
    code: 2,
    stderr: /--token/,
  },
  {
    name: 'a fleet with a wrong address',
    args: ['sim', 'fleet', '--token', 't', '--server', 'nowhere'],
    code: 2,
    stderr: /takes an https address/,
  },
  {
    name: 'a wrong server setting',
    args: ['server', '--listen-port', 'x'],
    code: 2,
    stderr: /listen_port/,
  },
  {
    name: 'rules that are not there',
    args: ['rules', 'check', '/nonexistent'],
    code: 1,
    stderr: /\/nonexistent/,
  },
  {
    name: 'a naming that does not exist',
    args: ['rules', 'eval', '--rules', 'content/rules', '--events', 'x', '--fields', 'cim'],
    code: 2,
    stderr: /raw, ecs or sigma/,
  },
]
/**
 * The command line without a process of its own: what was typed in, what was printed and the code
 * out.
 */
async function typed(words: readonly string[]): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      stdout += chunk.toString()
      done()
    },
  })
  const code = await run(COMMANDS, words, {
    output: new Output(stream),
    say: (text) => {
      stderr += `${text}\n`
    },
    clock: { nowNs: () => 0n, monotonicNs: () => 0n },
    random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes) },
    environment: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}

for (const { name, args, code, stdout, stderr } of uses) {
  test(`pomona: ${name}`, async () => {
    const ended = await typed(args)
    equal(ended.code, code, ended.stderr)
    if (stdout !== undefined) match(ended.stdout, stdout)
    if (stderr !== undefined) match(ended.stderr, stderr)
    if (code !== 0) equal(ended.stdout, '')
  })
}

test('pomona: a process of its own prints and ends the same', async () => {
  for (const args of [['--help'], ['replya']]) {
    const [own, here] = [await pomona(args), await typed(args)]
    deepEqual(own, here)
  }
})

test('pomona: a reader of its messages that is gone changes nothing', async () => {
  const rules = join(import.meta.dirname, '../../../../content/rules')
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main, 'rules', 'check', rules])
  child.stderr.destroy()
  child.stdout.resume()
  equal(await new Promise<number | null>((resolve) => child.on('close', resolve)), 0)
})
