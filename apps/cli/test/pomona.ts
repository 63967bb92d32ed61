import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

/** How a command ended and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real command line in a process of its own. */
export async function pomona(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

/** The JSON objects a command printed, one a line. */
export function objects({ stdout }: Ended): readonly Readonly<Record<string, unknown>>[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  // Every line is an object by contract; anything else fails the parse or the test that reads it.
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** A folder that is gone after the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-cli-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file into a folder and gives its path. */
export function written(
  folder: string,
  { name, content }: { readonly name: string; readonly content: string | Uint8Array },
): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
