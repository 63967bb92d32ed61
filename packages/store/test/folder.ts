import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whatever runs something when a test, or a file of tests, is done. */
interface Ending {
  after(work: () => void): void
}

/** A fresh folder that is removed when the test is done. */
export function freshFolder(ending: Ending): string {
  const directory = mkdtempSync(join(tmpdir(), 'pomona-store-'))
  ending.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
