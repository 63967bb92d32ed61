/** The example of the READMEs is run, so that what they show is what the program prints. */
import { ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from './source-tree.ts'

const MAIN = join(ROOT, 'apps/cli/src/main.ts')
const READMES = ['README.md', 'README.zh-CN.md']

function pomona(...args: readonly string[]): string {
  return execFileSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** The lines that a README shows below the last command it types. */
function shown(readme: string): string {
  const text = readFileSync(join(ROOT, readme), 'utf8')
  const printed = /^\$ npx pomona replay mac\.jsonl\n([\s\S]*?)^```/m.exec(text)?.[1]
  ok(printed !== undefined, `${readme} types the command`)
  return printed
}

test('readme: the alert it shows is the one that replay prints', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-readme-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'mac.jsonl')
  pomona('sim', '--scenario', 'applescript-infostealer', '--out', file)
  const printed = pomona('replay', file)
  for (const readme of READMES) ok(printed.includes(shown(readme)), readme)
})
