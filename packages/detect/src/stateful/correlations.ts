import { compileSubject, keyParts, type SubjectReader } from '../correlation/key.ts'
import { type CorrelationState, CorrelationWindow } from '../correlation/window.ts'
import { type Evidence, evidenceBytes } from '../evidence.ts'
import type { PlannedCorrelation, RulePlan } from '../plan.ts'
import { Timer, type Timers } from '../time/timers.ts'
import type { StatefulOptions } from './options.ts'
import type { RuleMatch } from './rule-match.ts'

/** A window's memory by rule, id and version. */
export type CorrelationsState = readonly (readonly [
  rule: string,
  state: CorrelationState<Evidence>,
  sweeps: readonly (readonly [partition: string, dueMs: number, lastMs: number])[],
])[]

/** Frees a window's memory of one partition when its time has passed. */
class Sweep extends Timer {
  lastMs = Number.NEGATIVE_INFINITY
  readonly #sweep: (sweep: Sweep, nowMs: number) => void

  constructor(sweep: (sweep: Sweep, nowMs: number) => void) {
    super()
    this.#sweep = sweep
  }

  override fire(nowMs: number): void {
    this.#sweep(this, nowMs)
  }
}

interface OpenCorrelation extends PlannedCorrelation {
  readonly name: string
  readonly window: CorrelationWindow<Evidence>
  readonly sweeps: Map<string, Sweep>
  /** By input. */
  readonly subjects: readonly SubjectReader[]
}

/** What correlations keep matches for beyond their span, for those that come late. */
const LATENESS_MS = 60_000

/** What the correlations work with. */
export interface CorrelationsOptions {
  readonly limits: StatefulOptions['correlations']
  readonly timers: Timers
  /** Told of each window that became true. */
  readonly matched: (match: RuleMatch) => void
}

/** The correlations of a rule set: they take the matches of other rules, and of each other. */
export class Correlations {
  readonly #plan: RulePlan
  readonly #timers: Timers
  readonly #open: readonly OpenCorrelation[]
  readonly #matched: (match: RuleMatch) => void

  constructor(plan: RulePlan, { timers, matched, limits }: CorrelationsOptions) {
    this.#plan = plan
    this.#timers = timers
    this.#matched = matched
    // A share each, so that a large one is not at the cost of the others.
    const bytesMax = Math.floor(limits.bytesMax / Math.max(1, plan.correlations.length))
    this.#open = plan.correlations.map((planned) => ({
      ...planned,
      name: plan.names[planned.rule] ?? '',
      window: new CorrelationWindow<Evidence>(planned.body, { evidenceBytes, bytesMax }),
      sweeps: new Map(),
      subjects: subjectsOf(planned, plan),
    }))
  }

  /** Whether correlations want to know of a rule's matches. */
  wants(rule: number): boolean {
    return (this.#plan.feeds[rule]?.length ?? 0) > 0
  }

  /** Counts a rule's match where it is asked for. */
  feed(match: RuleMatch): void {
    for (const { correlation, input } of this.#plan.feeds[match.rule] ?? []) {
      const open = this.#open[correlation]
      if (open !== undefined) this.#offer(open, input, match)
    }
  }

  #offer(open: OpenCorrelation, input: number, match: RuleMatch): void {
    const { body, window, rule, subjects } = open
    const { host, tenantId, timeMs } = match
    const last = match.evidence.at(-1)
    const subject = subjects[input]?.(fieldsOf(match.evidence), match.key)
    if (last === undefined || subject === undefined) return
    const partition = body.scope === 'host' ? host : tenantId
    const { key, values } = subject
    for (const told of window.offer({ partition, timeMs, input, key, values, evidence: last })) {
      const evidence = told.evidence.map((entry) => entry.evidence)
      if (evidence.length === 0) continue
      const groupKey = keyParts(told.key).join(' | ')
      const place = { host, tenantId, timeMs: told.timeMs }
      this.#matched({ ...place, rule, key: told.key, groupKey, evidence })
    }
    this.#sweepAfter(open, { partition, timeMs })
  }

  /** Sees to it that the partition is swept once nothing in it can matter any more. */
  #sweepAfter(
    open: OpenCorrelation,
    { partition, timeMs }: { readonly partition: string; readonly timeMs: number },
  ): void {
    const { body, sweeps } = open
    const untilMs = timeMs + body.spanMs + LATENESS_MS
    const sweep = sweeps.get(partition) ?? this.#newSweep(open, partition)
    sweep.lastMs = Math.max(sweep.lastMs, untilMs)
    if (sweep.slot === undefined) this.#timers.schedule(partition, sweep, untilMs)
  }

  #newSweep({ window, sweeps }: OpenCorrelation, partition: string): Sweep {
    const sweep = new Sweep((self, nowMs) => {
      window.advance(partition, nowMs)
      if (self.lastMs < nowMs) sweeps.delete(partition)
      else this.#timers.schedule(partition, self, self.lastMs)
    })
    sweeps.set(partition, sweep)
    return sweep
  }

  /** Open keys, estimated bytes, and keys given up for a limit, by index of the rule. */
  *accounts(): Iterable<{ rule: number; open: number; bytes: number; evicted: number }> {
    for (const { rule, window } of this.#open) {
      const { evicted } = window.counts()
      yield { rule, open: window.groups, bytes: window.bytes, evicted }
    }
  }

  state(): CorrelationsState {
    return this.#open.map(({ name, window, sweeps }) => {
      const due = [...sweeps].map(([partition, { dueMs, lastMs }]) => {
        return [partition, dueMs, lastMs] as const
      })
      return [name, window.state(), due]
    })
  }

  /** Takes up the memory of rules that are the same as before. */
  restore(state: CorrelationsState): void {
    const byName = new Map(state.map((entry) => [entry[0], entry]))
    for (const open of this.#open) {
      const [, saved, sweeps = []] = byName.get(open.name) ?? []
      if (saved === undefined) continue
      open.window.restore(saved)
      for (const [partition, dueMs, lastMs] of sweeps) {
        const sweep = this.#newSweep(open, partition)
        sweep.lastMs = lastMs
        this.#timers.schedule(partition, sweep, dueMs)
      }
    }
  }
}

/** What the events of a match say; of what several say, the last has the say. */
function fieldsOf(evidence: readonly Evidence[]): object {
  const [only, ...others] = evidence
  if (others.length === 0) return only?.fields ?? {}
  return Object.assign({}, ...evidence.map(({ fields }) => fields ?? {}))
}

function subjectsOf({ body }: PlannedCorrelation, { rules }: RulePlan): readonly SubjectReader[] {
  const bodies = new Map(rules.map((rule) => [rule.id, rule.body]))
  return body.inputs.map((input) => {
    const above = bodies.get(input.ruleId)
    const upstream = above?.kind === 'correlation' ? above : undefined
    return compileSubject({ body, input, upstream }, (field) => {
      const read = (fields: Readonly<Record<string, unknown>>): unknown => fields[field]
      // The documents read here are those that `fieldsOf` makes.
      return (document) => read(document as Readonly<Record<string, unknown>>)
    })
  })
}
