import { hash, verify } from '@node-rs/argon2'

/** argon2id with OWASP's first choice of parameters; the algorithm is the package's default. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** Hashings at once: each takes 19 MiB and a thread of the pool the log and zlib also use. */
const HASHING_MAX = 2
const WAITING_MAX = 32

/** Too many people sign in at the same moment; the caller answers 503. */
export class PasswordsBusy extends Error {}

/**
 * Hashes and checks passwords off the event loop, a bounded number at once.
 * @see OWASP Password Storage Cheat Sheet, argon2id m=19 MiB t=2 p=1.
 */
export class Passwords {
  #running = 0
  readonly #waiting: (() => void)[] = []
  #decoy: Promise<string> | undefined

  hash(password: string): Promise<string> {
    return this.#run(() => hash(password, ARGON2))
  }

  /**
   * Checks a password. An unknown user (`stored` absent) costs the same work as a known one, so
   * that the time of the answer does not tell which names exist.
   *
   * @throws PasswordsBusy when too many checks wait already.
   */
  async check(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= hash('nobody has this password', ARGON2)
    const against = stored ?? (await this.#decoy)
    const fits = await this.#run(() => verify(against, password))
    return fits && stored !== undefined
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= HASHING_MAX) {
      if (this.#waiting.length >= WAITING_MAX) throw new PasswordsBusy()
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.()
    }
  }
}
