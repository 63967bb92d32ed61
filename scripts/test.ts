/**
 * Runs the test suites on Node's own runner: `npm test [-- FILE …]`; `--long` takes the long ones
 * instead.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const CONCURRENCY_MAX = 4

const SUITES = [
  'packages/*/test/**/*.test.ts',
  'apps/*/test/**/*.test.{ts,tsx}',
  'deploy/*/test/**/*.test.ts',
  'tests/**/*.test.ts',
]
const LONG_SUITES = ['tests/long/**/*.test.ts']

function suites(args: readonly string[]): readonly string[] {
  const named = args.filter((arg) => !arg.startsWith('--'))
  if (named.length > 0) return named
  if (args.includes('--long')) return globSync(LONG_SUITES, { cwd: ROOT }).toSorted()
  const exclude = ['**/node_modules/**', ...LONG_SUITES]
  return globSync(SUITES, { cwd: ROOT, exclude }).toSorted()
}

const files = suites(process.argv.slice(2))
if (files.length === 0) {
  process.stderr.write('No test files.\n')
  process.exit(1)
}
const concurrency = Math.min(CONCURRENCY_MAX, availableParallelism())
const args = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files]
const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
