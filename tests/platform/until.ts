import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 300_000
const STEP_MS = 25

/** Waits until something is so. @throws Error when it is not so for five minutes. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come to be that ${what}`)
    await sleep(STEP_MS)
  }
}
