interface KnownName {
  readonly name: string
  readonly untilNs: bigint
}

const TTL_MIN_NS = 60_000_000_000n
const TTL_MAX_NS = 86_400_000_000_000n
const NS_PER_S = 1_000_000_000n

/**
 * Names that addresses were given as answers to. A connection to an address within the time its
 * answer was good for is taken to be to the name that was asked for last: likely, and no proof,
 * where many names share an address.
 */
export class AnsweredNames {
  readonly #namesMax: number
  readonly #names = new Map<string, KnownName>()
  #forgotten = 0

  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  /** Names forgotten for want of room. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Remembers what was asked for, by one address of the answer. */
  learn(
    ip: string,
    name: string,
    { ttl, atNs }: { readonly ttl: number; readonly atNs: bigint },
  ): void {
    const stated = BigInt(ttl) * NS_PER_S
    const kept = stated < TTL_MIN_NS ? TTL_MIN_NS : stated > TTL_MAX_NS ? TTL_MAX_NS : stated
    this.#names.delete(ip)
    this.#names.set(ip, { name, untilNs: atNs + kept })
    if (this.#names.size <= this.#namesMax) return
    for (const oldest of this.#names.keys()) {
      this.#names.delete(oldest)
      this.#forgotten++
      break
    }
  }

  /** The name an address stands for at a time. */
  nameOf(ip: string, atNs: bigint): string | undefined {
    const known = this.#names.get(ip)
    return known === undefined || known.untilNs < atNs ? undefined : known.name
  }
}
