import { type Evidence, evidenceBytes } from '../evidence.ts'
import type { PlannedSequence, RulePlan } from '../plan.ts'
import {
  type Completion,
  SequenceMachine,
  type SequenceOffer,
  type SequenceState,
} from '../sequence/machine.ts'
import type { Timers } from '../time/timers.ts'
import { type Memory, readableKey } from './lens.ts'
import { hostScope, type Occasion, tenantOf } from './occasion.ts'
import type { StatefulOptions } from './options.ts'
import type { RuleMatch } from './rule-match.ts'

/** A machine's memory by rule, id and version. */
export type SequencesState = readonly (readonly [
  rule: string,
  state: SequenceState<Evidence, Memory>,
])[]

type Machine = SequenceMachine<Evidence, Memory>

/** Offers after which the bytes of all machines are added up. */
const MEASURE_EVERY = 256
/** Of an overgrown rule, this part of its partials goes at once. */
const SHRINK_PART = 1 / 16

/** An event as one sequence is offered it: reads the occasion. One object serves all. */
class StepOffer implements SequenceOffer<Evidence, Memory> {
  scope = ''
  timeMs = 0
  steps: readonly number[] = []
  readonly #planned: PlannedSequence
  readonly #plan: RulePlan
  readonly #occasion: Occasion

  constructor(planned: PlannedSequence, plan: RulePlan, occasion: Occasion) {
    this.#planned = planned
    this.#plan = plan
    this.#occasion = occasion
  }

  keyOf(step: number): string | undefined {
    return this.#occasion.lens.key(this.#planned.keys[step] ?? [])
  }

  verify(step: number, earlier: readonly (Memory | undefined)[]): boolean {
    const filter = this.#planned.filterFirst + step
    if (this.#plan.filters[filter]?.asksEarlier !== true) return true
    return this.#occasion.lens.holdsAfter(filter, earlier)
  }

  evidence(step: number): Evidence {
    const { rule, filterFirst, body } = this.#planned
    return this.#occasion.evidence(rule, filterFirst + step, body.steps[step]?.name)
  }

  remember(step: number): Memory | undefined {
    return this.#occasion.lens.fields(this.#planned.remembered[step] ?? [])
  }
}

interface Runner {
  readonly planned: PlannedSequence
  readonly machine: Machine
  readonly offer: StepOffer
}

/** What the sequences work with. */
export interface SequencesOptions {
  readonly limits: StatefulOptions['sequences']
  readonly timers: Timers
  /** Told of each sequence that is complete. */
  readonly matched: (match: RuleMatch) => void
}

/** The sequences of a rule set: one machine each. */
export class Sequences {
  readonly #plan: RulePlan
  readonly #runners: readonly Runner[]
  readonly #bytesMax: number
  #offers = 0

  constructor(plan: RulePlan, occasion: Occasion, options: SequencesOptions) {
    const { limits, timers, matched } = options
    this.#plan = plan
    this.#bytesMax = limits.bytesMax
    this.#runners = plan.sequences.map((planned) => {
      const { steps, spanMs, scope } = planned.body
      const machine: Machine = new SequenceMachine<Evidence, Memory>(
        { steps, ...(spanMs === undefined ? {} : { spanMs }) },
        {
          complete: (completion) => matched(matchOf(planned, completion)),
          timers,
          openMax: limits.openMax,
          // One tenant is one scope: there is no host to be spared from the others.
          scopeOpenMax: scope === 'host' ? limits.scopeOpenMax : limits.openMax,
          weigh: evidenceBytes,
        },
      )
      return { planned, machine, offer: new StepOffer(planned, plan, occasion) }
    })
  }

  /**
   * Offers the occasion to a sequence.
   *
   * @returns The work it was.
   */
  offer(sequence: number, at: { scope: string; timeMs: number; steps: readonly number[] }): number {
    const runner = this.#runners[sequence]
    if (runner === undefined) return 0
    const { machine, offer } = runner
    const before = machine.work
    offer.scope = at.scope
    offer.timeMs = at.timeMs
    offer.steps = at.steps
    machine.offer(offer)
    this.#offers += 1
    if (this.#offers % MEASURE_EVERY === 0) this.#shrink()
    return machine.work - before
  }

  /** When all together are too large, the largest pays. */
  #shrink(): void {
    for (;;) {
      let bytes = 0
      let largest: Machine | undefined
      for (const { machine } of this.#runners) {
        bytes += machine.bytes
        if (machine.bytes > (largest?.bytes ?? 0)) largest = machine
      }
      if (bytes <= this.#bytesMax || largest === undefined) return
      largest.evict(Math.ceil(largest.counts().open * SHRINK_PART))
    }
  }

  /** Open partials, estimated bytes, and partials given up for a limit, by index of the rule. */
  *accounts(): Iterable<{ rule: number; open: number; bytes: number; evicted: number }> {
    for (const { planned, machine } of this.#runners) {
      const { open, bytes, evicted } = machine.counts()
      yield { rule: planned.rule, open, bytes, evicted }
    }
  }

  state(): SequencesState {
    return this.#runners.map(({ planned, machine }) => {
      return [this.#plan.names[planned.rule] ?? '', machine.state()]
    })
  }

  /** Takes up the memory of rules that are the same as before. */
  restore(state: SequencesState): void {
    const byName = new Map(state)
    for (const { planned, machine } of this.#runners) {
      const saved = byName.get(this.#plan.names[planned.rule] ?? '')
      if (saved !== undefined) machine.restore(saved)
    }
  }
}

function matchOf({ rule, body }: PlannedSequence, completion: Completion<Evidence>): RuleMatch {
  const { scope, key, lastMs } = completion
  const evidence = completion.evidence.filter((each) => each !== undefined)
  const hostId = evidence.at(-1)?.facts.host.id ?? ''
  const tenantId = tenantOf(scope)
  const unkeyed = body.scope === 'host' ? hostId : tenantId
  return {
    rule,
    tenantId,
    host: hostScope({ tenantId, hostId }),
    timeMs: lastMs,
    groupKey: key === '' ? unkeyed : readableKey(key),
    evidence,
  }
}
