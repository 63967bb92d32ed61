/** What a worker does, and how long it waits. */
export interface WorkerOptions {
  /** Does the next piece of work. @returns Whether there was any. */
  readonly step: () => Promise<boolean>
  /** Told of a step that threw; the worker tries again after a pause that grows. */
  readonly onFailure: (error: unknown) => void
  /** Longest sleep without being woken. */
  readonly idleMs?: number
  readonly backoffMsMin?: number
  readonly backoffMsMax?: number
}

/**
 * Runs one step after the other at its own pace, sleeps when there is nothing to do, never
 * overlaps.
 */
export class Worker {
  readonly #options: Required<WorkerOptions>
  #running: Promise<void> | undefined
  #stopping = false
  #woken = false
  #wakeUp: (() => void) | undefined

  constructor(options: WorkerOptions) {
    this.#options = { idleMs: 1_000, backoffMsMin: 50, backoffMsMax: 10_000, ...options }
  }

  start(): void {
    this.#running ??= this.#run()
  }

  wake(): void {
    this.#woken = true
    this.#wakeUp?.()
  }

  /** Resolves when the step at hand is done. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { step, onFailure, idleMs, backoffMsMin, backoffMsMax } = this.#options
    let backoffMs = backoffMsMin
    while (!this.#stopping) {
      this.#woken = false
      try {
        const worked = await step()
        backoffMs = backoffMsMin
        if (!worked) await this.#sleep(idleMs, true)
      } catch (error) {
        onFailure(error)
        await this.#sleep(backoffMs, false)
        backoffMs = Math.min(backoffMs * 2, backoffMsMax)
      }
    }
  }

  async #sleep(ms: number, wakeable: boolean): Promise<void> {
    if (this.#stopping || (wakeable && this.#woken)) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wakeUp = () => {
        if (!wakeable && !this.#stopping) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wakeUp = undefined
  }
}
