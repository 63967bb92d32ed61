import type { UserPart } from './document.ts'

/** Names known without looking: macOS ships these accounts with these ids. */
const BUILT_IN: readonly (readonly [id: string, name: string])[] = [
  ['0', 'root'],
  ['4294967294', 'nobody'],
]

const UID_NONE = 0xffff_ffff

/** A user by id, with the name where it is known. */
export interface Person {
  readonly id: string
  readonly name?: string
}

interface KnownUser {
  readonly person: Person
  readonly actor: UserPart
}

const NOBODY: UserPart = Object.freeze({})

/**
 * Names of users by id, learned from records in which macOS itself states both (a login, sudo, su),
 * and from what the caller knows. A home folder or an environment variable proves nothing and
 * teaches nothing.
 */
export class UserNames {
  /** Rises when a name is learned; whoever kept something built from names compares it. */
  revision = 0
  /** Names not learned because the map was full. */
  refused = 0
  readonly #names: Map<string, string>
  readonly #ids = new Map<string, string>()
  readonly #parts = new Map<number, KnownUser>()
  readonly #usersMax: number

  constructor(known: ReadonlyMap<string, string>, usersMax: number) {
    this.#usersMax = usersMax
    this.#names = new Map(BUILT_IN)
    for (const [id, name] of known) this.#names.set(id, name)
    for (const [id, name] of this.#names) this.#ids.set(name, id)
  }

  /**
   * A user as other parts name them, or `undefined` for no user. Frozen and shared by all their
   * events.
   */
  person(uid: number): Person | undefined {
    return this.#known(uid)?.person
  }

  /** A user as `user` of an event in which they act. Frozen and shared. */
  actor(uid: number): UserPart {
    return this.#known(uid)?.actor ?? NOBODY
  }

  // -1 is how a token reads a missing id, all bits set is Apple's "none".
  #known(uid: number): KnownUser | undefined {
    if (uid < 0 || uid === UID_NONE) return undefined
    const known = this.#parts.get(uid)
    if (known !== undefined) return known
    if (this.#parts.size >= this.#usersMax) this.#parts.clear()
    const id = String(uid)
    const name = this.#names.get(id)
    const effective = Object.freeze({ id })
    const built: KnownUser = {
      person: Object.freeze(name === undefined ? { id } : { id, name }),
      actor: Object.freeze(name === undefined ? { id, effective } : { id, name, effective }),
    }
    this.#parts.set(uid, built)
    return built
  }

  /** Remembers a name; a full map keeps what it has. */
  learn(user: { readonly id: string | undefined; readonly name: string | undefined }): void {
    const { id, name } = user
    if (id === undefined || name === undefined || this.#names.get(id) === name) return
    if (this.#names.size >= this.#usersMax && !this.#names.has(id)) {
      this.refused += 1
      return
    }
    const old = this.#names.get(id)
    if (old !== undefined) this.#ids.delete(old)
    this.#names.set(id, name)
    this.#ids.set(name, id)
    this.#parts.clear()
    this.revision += 1
  }

  /** The name of a user, where known. */
  nameOf(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#names.get(id)
  }

  /** The id of a user, where known. */
  idOf(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.#ids.get(name)
  }
}
