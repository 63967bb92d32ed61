import { Writable } from 'node:stream'
import { COMMANDS } from '../src/commands/index.ts'
import { Output } from '../src/output.ts'
import { run } from '../src/run.ts'

/** How a command that printed JSON ended. */
export interface Ran {
  readonly code: number
  /** What it printed, a line each. */
  readonly results: readonly unknown[]
  readonly said: string
}

/**
 * Runs the code of a command with `--json` in this process: for hundreds of runs, of which each
 * would otherwise have to start one of its own.
 */
export async function runJson(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  let text = ''
  let said = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const code = await run(COMMANDS, [...args, '--json'], {
    output: new Output(stream),
    say: (line) => {
      said += `${line}\n`
    },
    clock: { nowNs: () => 0n, monotonicNs: () => 0n },
    random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes) },
    environment,
    signal: new AbortController().signal,
  })
  const results = text
    .split('\n')
    .flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]))
  return { code, results, said }
}
