import type { EsMessage } from '@pomona/sensor'

/** What some events came to. */
export interface Amount {
  readonly events: number
  readonly bytes: number
  /** Processor time, microseconds. */
  readonly cpuUs: number
}

/** One record, as far as a plan asks. */
export interface TalliedRecord {
  readonly type: string
  readonly program: string
  /** Files that it names. */
  readonly paths: readonly string[]
  readonly bytes: number
  readonly cpuUs: number
}

interface Sum {
  events: number
  bytes: number
  cpuUs: number
}

/** What one program does in one folder. */
export interface Place {
  readonly program: string
  readonly folder: string
  readonly amount: Amount
  readonly types: ReadonlySet<string>
}

interface OpenPlace extends Place {
  readonly amount: Sum
  readonly types: Set<string>
}

const PLACES_MAX = 100_000
const NAMES_MAX = 20_000
/** Counted under this beyond the bounds. */
const OTHERS = '(others)'

/** Adds up what records cost, by type, program, and folder of the file they are about. */
export class MuteTally {
  readonly #total: Sum = { events: 0, bytes: 0, cpuUs: 0 }
  readonly #types = new Map<string, Sum>()
  readonly #programs = new Map<string, Sum>()
  readonly #places = new Map<string, OpenPlace>()

  get total(): Amount {
    return this.#total
  }

  add(record: TalliedRecord): void {
    const { type, program, paths } = record
    grow(this.#total, record)
    grow(sumOf(this.#types, type), record)
    grow(sumOf(this.#programs, program), record)
    const [path] = paths
    if (path === undefined) return
    const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')))
    const place = this.#place(program, folder)
    grow(place.amount, record)
    place.types.add(type)
  }

  /** The dearest first. */
  types(): readonly (readonly [name: string, amount: Amount])[] {
    return byEvents(this.#types)
  }

  /** The dearest first. */
  programs(): readonly (readonly [name: string, amount: Amount])[] {
    return byEvents(this.#programs)
  }

  places(): readonly Place[] {
    return [...this.#places.values()]
  }

  #place(program: string, folder: string): OpenPlace {
    const key = `${program}\0${folder}`
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const isFull = this.#places.size >= PLACES_MAX
    const name = isFull ? { program: OTHERS, folder: '/' } : { program, folder }
    const place = this.#places.get(`${OTHERS}\0/`)
    if (isFull && place !== undefined) return place
    const made = { ...name, amount: { events: 0, bytes: 0, cpuUs: 0 }, types: new Set<string>() }
    this.#places.set(isFull ? `${OTHERS}\0/` : key, made)
    return made
  }
}

function sumOf(sums: Map<string, Sum>, name: string): Sum {
  const key = sums.size >= NAMES_MAX && !sums.has(name) ? OTHERS : name
  const known = sums.get(key)
  if (known !== undefined) return known
  const sum = { events: 0, bytes: 0, cpuUs: 0 }
  sums.set(key, sum)
  return sum
}

function grow(sum: Sum, { bytes, cpuUs }: Pick<TalliedRecord, 'bytes' | 'cpuUs'>): void {
  sum.events += 1
  sum.bytes += bytes
  sum.cpuUs += cpuUs
}

function byEvents(sums: ReadonlyMap<string, Sum>): readonly (readonly [string, Amount])[] {
  return [...sums].toSorted(([, one], [, other]) => other.events - one.events)
}

/** The program that acts in a record, by path. */
export function programOf(message: EsMessage): string {
  let value: unknown = message
  for (const key of ['process', 'executable', 'path']) {
    if (typeof value !== 'object' || value === null) return '?'
    value = Reflect.get(value, key)
  }
  return typeof value === 'string' ? value : '?'
}
