/**
 * Everything that can be said about the tree without running it: `npm run check`.
 * Runs all checks, prints each result, and fails when any does.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

interface Check {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const ROOT = join(import.meta.dirname, '..')
const MS_PER_S = 1_000

const CONSOLE_TYPES: Check = {
  name: 'types of the console',
  command: ['tsc', '--noEmit', '-p', 'apps/console'],
}

const CHECKS: readonly Check[] = [
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', '.'] },
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  ...(existsSync(join(ROOT, CONSOLE_TYPES.command[3] ?? '', 'tsconfig.json'))
    ? [CONSOLE_TYPES]
    : []),
  { name: 'unused and undeclared', command: ['knip', '--no-progress'] },
  { name: 'generated files', command: ['node', 'scripts/generate.ts', '--check'] },
]

function run({ name, command: [program, ...args] }: Check): boolean {
  const path = `${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`
  const startedMs = performance.now()
  const result = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
    maxBuffer: 64 * 1024 * 1024,
  })
  const passed = result.status === 0
  const seconds = ((performance.now() - startedMs) / MS_PER_S).toFixed(1)
  process.stdout.write(`${passed ? '✓' : '✗'} ${name} (${seconds} s)\n`)
  if (!passed)
    process.stdout.write(`${result.error?.message ?? ''}${result.stdout}${result.stderr}\n`)
  return passed
}

const failed = CHECKS.filter((check) => !run(check))
if (failed.length > 0) {
  const names = failed.map(({ name }) => name).join(', ')
  process.stdout.write(`Failed: ${names}. \`npm run fix\` mends format and some lint.\n`)
}
process.exitCode = failed.length === 0 ? 0 : 1
