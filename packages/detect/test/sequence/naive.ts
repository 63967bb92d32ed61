/** An event of the tests: which steps hold for it, and its join key in each. */
export interface TestEvent {
  readonly id: number
  readonly timeMs: number
  /** By step, `until` last; a key of `undefined` joins with nothing. */
  readonly holds: readonly boolean[]
  readonly keys: readonly (string | undefined)[]
}

/** A sequence of the tests. */
export interface TestSequence {
  readonly missing: readonly boolean[]
  readonly spanMs: number | undefined
  readonly until: boolean
}

interface Found {
  readonly key: string
  readonly events: readonly TestEvent[]
}

/**
 * All sequences in a stream by the letter of the description: keep every partial, go on from the
 * latest, and look at the end through all events for those that must not be there. The judge of
 * the machine: slow, with nothing forgotten, nothing timed.
 */
export function findSequences(
  { missing, spanMs = Number.POSITIVE_INFINITY, until }: TestSequence,
  events: readonly TestEvent[],
): readonly (readonly number[])[] {
  const positives = missing.flatMap((isMissing, step) => (isMissing ? [] : [step]))
  const found: Found[] = []
  let partials: Found[] = []
  for (const event of events) {
    for (let state = positives.length - 1; state >= 0; state -= 1) {
      const step = positives[state] ?? 0
      const key = event.keys[step]
      if (event.holds[step] !== true || key === undefined) continue
      const candidates = partials.filter((each) => each.key === key && each.events.length === state)
      const latest = candidates.at(-1) ?? { key, events: [] }
      if (state > 0 && candidates.length === 0) continue
      partials = partials.filter((each) => !candidates.includes(each))
      const longer = { key, events: [...latest.events, event] }
      if (event.timeMs - (longer.events[0]?.timeMs ?? 0) > spanMs) continue
      if (state === positives.length - 1) found.push(longer)
      else partials.push(longer)
    }
    const untilKey = until && event.holds.at(-1) === true ? event.keys.at(-1) : undefined
    partials = partials.filter(({ key }) => key !== untilKey)
  }
  const isClean = (each: Found): boolean => !isSpoiled(each, { missing, spanMs, events })
  return found.filter(isClean).map((each) => each.events.map(({ id }) => id))
}

interface Stream {
  readonly missing: readonly boolean[]
  readonly spanMs: number
  readonly events: readonly TestEvent[]
}

function isSpoiled({ key, events: own }: Found, { missing, spanMs, events }: Stream): boolean {
  const first = own[0]
  const last = own.at(-1)
  if (first === undefined || last === undefined) throw new Error('no events')
  const comes = (step: number, from: number, to: number): readonly TestEvent[] =>
    events.filter(
      (event) =>
        event.id > from && event.id < to && event.holds[step] === true && event.keys[step] === key,
    )
  const before: number[] = []
  const after: number[] = []
  let positives = 0
  for (const [step, isMissing] of missing.entries()) {
    if (!isMissing) positives += 1
    else if (positives === 0) {
      const times = comes(step, -1, first.id).map(({ timeMs }) => timeMs)
      before.push(...times.filter((timeMs) => last.timeMs - timeMs <= spanMs))
    } else if (positives === own.length) {
      const times = comes(step, last.id, Number.POSITIVE_INFINITY).map(({ timeMs }) => timeMs)
      after.push(...times.filter((timeMs) => timeMs - first.timeMs <= spanMs))
    } else if (comes(step, own[positives - 1]?.id ?? 0, own[positives]?.id ?? 0).length > 0) {
      return true
    }
  }
  if (missing[0] === true && missing.at(-1) === true) {
    return Math.min(...after) - Math.max(...before) <= spanMs
  }
  return before.length > 0 || after.length > 0
}
