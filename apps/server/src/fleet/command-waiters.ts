import type { HostId } from '@pomona/schema'

/** Who waits for commands: at most one question a host, and so many in all. */
export class CommandWaiters {
  readonly #waiting = new Map<HostId, () => void>()
  readonly #waitingMax: number

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits until there is something for a host, it asks again, the time is over or the question is
   * withdrawn.
   * @returns Whether it could wait; else there are too many.
   */
  async wait(
    hostId: HostId,
    { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<boolean> {
    // A host that asks twice has given up on its first question.
    this.wake(hostId)
    if (this.#waiting.size >= this.#waitingMax) return false
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    const end = (): void => resolve()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    this.#waiting.set(hostId, end)
    await promise
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    if (this.#waiting.get(hostId) === end) this.#waiting.delete(hostId)
    return true
  }

  /** Answers the question of a host, if it waits. */
  wake(hostId: HostId): void {
    const end = this.#waiting.get(hostId)
    this.#waiting.delete(hostId)
    end?.()
  }

  /** Answers everybody. */
  wakeAll(): void {
    for (const hostId of [...this.#waiting.keys()]) this.wake(hostId)
  }
}
