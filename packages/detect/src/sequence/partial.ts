import { Timer } from '../time/timers.ts'

/** What was seen of a sequence so far: its first positive steps. */
export interface Partial<Evidence, Memory> {
  readonly firstMs: number
  lastMs: number
  /** Of the positive steps in order. */
  readonly evidence: Evidence[]
  /** What later steps ask for, by index of the step. */
  readonly memory: (Memory | undefined)[]
  /** An event came that must not: goes on in its place, and is told to nobody at the end. */
  broken: boolean
  /** Time of the last event before the first one that must not come there; -Infinity: none. */
  readonly leadMs: number
  /** When what waits for a missing end is complete. */
  dueMs: number
}

/** A partial as plain data. */
export interface PartialState<Evidence, Memory> {
  readonly firstMs: number
  readonly lastMs: number
  readonly evidence: readonly Evidence[]
  readonly memory?: readonly (Memory | null)[]
  readonly broken?: true
  readonly leadMs?: number
  readonly dueMs?: number
}

/** What is open of one join key in one scope. */
export class Entry<Evidence, Memory> extends Timer {
  readonly scope: string
  readonly key: string
  readonly #expire: (entry: Entry<Evidence, Memory>, nowMs: number) => void
  /** By number of positive steps filled, less one. At most one each. */
  readonly slots: (Partial<Evidence, Memory> | undefined)[] = []
  /** All positive steps came; oldest first. Only there while some are. */
  waiting: Set<Partial<Evidence, Memory>> | undefined
  /** Last event that must not come before the first; -Infinity: none. */
  leadMs = Number.NEGATIVE_INFINITY

  constructor(
    place: { readonly scope: string; readonly key: string },
    expire: (entry: Entry<Evidence, Memory>, nowMs: number) => void,
  ) {
    super()
    this.scope = place.scope
    this.key = place.key
    this.#expire = expire
  }

  override fire(nowMs: number): void {
    this.#expire(this, nowMs)
  }

  get isEmpty(): boolean {
    if (this.leadMs !== Number.NEGATIVE_INFINITY || this.waiting !== undefined) return false
    for (const partial of this.slots) if (partial !== undefined) return false
    return true
  }
}

/** Writes a partial as plain data. */
export function partialState<Evidence, Memory>(
  partial: Partial<Evidence, Memory>,
): PartialState<Evidence, Memory> {
  const { firstMs, lastMs, evidence, memory, broken, leadMs, dueMs } = partial
  return {
    firstMs,
    lastMs,
    evidence: [...evidence],
    ...(memory.length === 0 ? {} : { memory: Array.from(memory, (kept) => kept ?? null) }),
    ...(broken ? { broken } : {}),
    ...(Number.isFinite(leadMs) ? { leadMs } : {}),
    ...(Number.isFinite(dueMs) ? { dueMs } : {}),
  }
}

/** Reads what {@link partialState} wrote. */
export function partialFrom<Evidence, Memory>(
  state: PartialState<Evidence, Memory>,
): Partial<Evidence, Memory> {
  const { firstMs, lastMs, evidence, memory = [], broken = false, leadMs, dueMs } = state
  return {
    firstMs,
    lastMs,
    evidence: [...evidence],
    memory: memory.map((kept) => kept ?? undefined),
    broken,
    leadMs: leadMs ?? Number.NEGATIVE_INFINITY,
    dueMs: dueMs ?? Number.POSITIVE_INFINITY,
  }
}
