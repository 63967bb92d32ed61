/** Runs work later. Passed in, so that tests decide when time passes. */
export interface Timer {
  /**
   * Runs `work` once, `delayMs` from now.
   *
   * @returns Takes the order back; does nothing once the work ran.
   */
  after(delayMs: number, work: () => void): () => void
}

/** The machine's own timer. What waits on it keeps the process alive. */
export const SYSTEM_TIMER: Timer = {
  after(delayMs, work) {
    const handle = setTimeout(work, delayMs)
    return () => clearTimeout(handle)
  },
}
