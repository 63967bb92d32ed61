import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder that is gone after the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-guarantee-'))
  // Last of all: what uses it is ended by hooks that may come later.
  context.after(() => {
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  })
  return folder
}

/** The seed of a run: `POMONA_TEST_SEED` repeats one. */
export function seedOfRun(): string {
  return process.env['POMONA_TEST_SEED'] ?? String(process.pid)
}
