import type { EcsEvent, TenantId } from '@pomona/schema'
import type { Life } from '../lineage/life.ts'
import { ProcessTree, type ProcessTreeState } from '../lineage/process-tree.ts'
import type { RulePlan } from '../plan.ts'
import { type Held, Reorder, type ReorderState } from '../time/reorder.ts'
import { Timers } from '../time/timers.ts'
import { Correlations, type CorrelationsState } from './correlations.ts'
import type { Lens } from './lens.ts'
import { type ExceptionFinder, hostScope, Occasion, type PlacedEvent } from './occasion.ts'
import type { RuleStateCounts, StatefulCounts } from './counts.ts'
import type { StatefulOptions } from './options.ts'
import type { RuleMatch } from './rule-match.ts'
import { Sequences, type SequencesState } from './sequences.ts'
import { WorkBudget, type WorkState } from './work-budget.ts'

/** An event on its way to the rules over several events. */
export interface HeldEvent {
  readonly tenantId: TenantId
  readonly hostId: string
  readonly eventId: string
  readonly time: string
  /** What it says about the life of its process, where lineage is asked for. */
  readonly life?: Life
  /** The event itself, where a filter held for it. */
  readonly event?: EcsEvent
  /** Indices of the filters that held, ascending. Not saved: they are found again. */
  readonly filters?: readonly number[]
}

/** An event on its way to a sequence over all hosts of a tenant: what it matched is known. */
interface FleetEvent extends PlacedEvent {
  /** Name of the rule. */
  readonly rule: string
  readonly steps: readonly number[]
}

/** Everything the engine remembers, as plain data. */
export interface StatefulState {
  readonly hosts: ReorderState<HeldEvent>
  readonly fleet: ReorderState<FleetEvent>
  readonly tree: ProcessTreeState
  readonly sequences: SequencesState
  readonly correlations: CorrelationsState
  readonly work: WorkState
}

/** What the engine asks of its owner. */
export interface StatefulOwner {
  /**
   * A rule held; in order of time for each host.
   *
   * @returns Whether correlations may count the match.
   */
  readonly matched: (match: RuleMatch) => boolean
  readonly exceptionOf: ExceptionFinder
}

/**
 * Evaluates what takes more than one event: lineage, sequences, correlations. Events are first put
 * in order of time, each host by its own clock; then each is a point in the process tree, then a
 * step of sequences, then a match that correlations count.
 */
export class StatefulEngine {
  readonly #plan: RulePlan
  readonly #owner: StatefulOwner
  readonly #occasion: Occasion
  readonly #timers = new Timers()
  readonly #tree: ProcessTree
  readonly #hosts: Reorder<HeldEvent>
  readonly #fleet: Reorder<FleetEvent>
  readonly #sequences: Sequences
  readonly #correlations: Correlations
  readonly #budget: WorkBudget
  readonly #hasFleet: boolean
  readonly #subjects: ReadonlyMap<string, number>
  readonly #sequenceByName: ReadonlyMap<string, number>
  readonly #skipped: number[]
  /** Steps of the event at hand for the fleet; they leave when it has been evaluated. */
  readonly #toFleet: FleetEvent[] = []

  constructor(
    plan: RulePlan,
    { lens, owner }: { readonly lens: Lens; readonly owner: StatefulOwner },
    options: StatefulOptions,
  ) {
    this.#plan = plan
    this.#owner = owner
    this.#occasion = new Occasion(plan, lens, owner.exceptionOf)
    this.#subjects = new Map(plan.subjects.map((subject, index) => [subject, index]))
    this.#sequenceByName = new Map(
      plan.sequences.map(({ rule }, index) => [plan.names[rule] ?? '', index]),
    )
    this.#skipped = plan.rules.map(() => 0)
    this.#hasFleet = [...plan.sequences, ...plan.correlations].some(
      ({ body }) => body.scope === 'fleet',
    )
    const timers = this.#timers
    this.#tree = new ProcessTree(plan.subjects, { timers, ...options.lineage })
    this.#budget = new WorkBudget(plan.rules.length, options.work)
    const matched = (match: RuleMatch): void => this.#matched(match)
    const limits = options.sequences
    this.#sequences = new Sequences(plan, this.#occasion, { limits, timers, matched })
    this.#correlations = new Correlations(plan, { limits: options.correlations, timers, matched })
    const advance = ({ scope, watermarkMs }: { scope: string; watermarkMs: number }): void =>
      timers.advance(scope, watermarkMs)
    this.#hosts = new Reorder(options.hosts, {
      release: ({ scope }, held) => this.#release(scope, held),
      advance,
    })
    this.#fleet = new Reorder(options.fleet, {
      release: ({ scope }, held) => this.#releaseFleet(scope, held),
      advance,
    })
  }

  /** Whether what a filter holds for has to come here. */
  wants(filter: number): boolean {
    const planned = this.#plan.filters[filter]
    if (planned === undefined) return false
    if (planned.role.kind !== 'event') return true
    return planned.isContextual || this.#correlations.wants(planned.role.rule)
  }

  /** Whether beginnings and ends of processes have to come here. */
  get wantsLives(): boolean {
    return this.#plan.subjects.length > 0
  }

  /** Takes note of an event's time, and of what it holds. Whatever becomes due is evaluated. */
  take(timeMs: number, held: HeldEvent): void {
    this.#budget.tick()
    const { tenantId, life, filters } = held
    const clock = this.#hosts.clockOf(hostScope(held), tenantId)
    const isHeld = filters !== undefined || life !== undefined
    this.#hosts.take(clock, timeMs, isHeld ? held : undefined)
    if (this.#hasFleet) this.#fleet.take(this.#fleet.clockOf(tenantId, ''), timeMs)
  }

  /** Evaluates all that is held: nothing older is expected any more. */
  settle(): void {
    this.#hosts.settle()
    this.#fleet.settle()
  }

  /** Evaluates all that is held, and lets all time that something waits for pass. */
  end(): void {
    this.settle()
    this.#timers.end()
  }

  #release(scope: string, { timeMs, item }: Held<HeldEvent>): void {
    this.#timers.advance(scope, timeMs)
    const { life, event, filters = [] } = item
    if (life?.kind === 'start') this.#tree.start(scope, life.origin, timeMs)
    if (event !== undefined && filters.length > 0) {
      this.#turnTo(scope, { timeMs, item: { ...item, event } })
      this.#mark(scope, filters)
      this.#evaluate(scope, filters)
      for (const item of this.#toFleet.splice(0)) {
        this.#fleet.take(this.#fleet.clockOf(item.tenantId, ''), timeMs, item)
      }
    }
    if (life?.kind === 'end') this.#tree.exit({ scope, entityId: life.origin.entityId }, timeMs)
  }

  #turnTo(host: string, { timeMs, item }: Held<PlacedEvent>): void {
    const entityId: unknown = item.event.process?.entity_id
    this.#occasion.turnTo(item, timeMs, {
      comesFrom: (relation, subjectId) => {
        const subject = this.#subjects.get(subjectId)
        if (subject === undefined || typeof entityId !== 'string') return false
        return this.#tree.holds({ scope: host, entityId }, relation, subject)
      },
    })
  }

  /** Puts the lineage subjects that hold into the tree; inner ones stand before outer ones. */
  #mark(scope: string, filters: readonly number[]): void {
    const entityId: unknown = this.#occasion.placed.event.process?.entity_id
    if (typeof entityId !== 'string') return
    for (const filter of filters) {
      const planned = this.#plan.filters[filter]
      if (planned?.role.kind !== 'subject') continue
      if (planned.isContextual && !this.#occasion.lens.holds(filter)) continue
      this.#tree.mark({ scope, entityId }, planned.role.subject)
    }
  }

  #evaluate(host: string, filters: readonly number[]): void {
    for (let at = 0; at < filters.length; at += 1) {
      const filter = filters[at] ?? 0
      const role = this.#plan.filters[filter]?.role
      if (role?.kind === 'event') this.#evaluateRule(host, filter, role.rule)
      else if (role?.kind === 'step') {
        const steps: number[] = []
        // The steps of one sequence stand together.
        for (let next = at; next < filters.length; next += 1) {
          const other = this.#plan.filters[filters[next] ?? 0]?.role
          if (other?.kind !== 'step' || other.sequence !== role.sequence) break
          if (this.#mayHold(filters[next] ?? 0)) steps.push(other.step)
          at = next
        }
        if (steps.length > 0) this.#reach(host, role.sequence, steps)
      }
    }
  }

  #evaluateRule(host: string, filter: number, rule: number): void {
    if (!this.#mayHold(filter)) return
    const { timeMs, placed } = this.#occasion
    const { tenantId, hostId } = placed
    const evidence = [this.#occasion.evidence(rule, filter)]
    this.#matched({ rule, tenantId, host, timeMs, groupKey: hostId, evidence })
  }

  /** What earlier steps have a say in is judged against each partial, later. */
  #mayHold(filter: number): boolean {
    const planned = this.#plan.filters[filter]
    if (planned?.isContextual !== true || planned.asksEarlier) return true
    return this.#occasion.lens.holds(filter)
  }

  /** The event at hand reached steps of a sequence on its host. */
  #reach(host: string, sequence: number, steps: readonly number[]): void {
    const planned = this.#plan.sequences[sequence]
    if (planned === undefined) return
    if (planned.body.scope === 'host') {
      this.#offer(sequence, { scope: host, host, steps })
      return
    }
    const { tenantId, hostId, eventId, time, event } = this.#occasion.placed
    const rule = this.#plan.names[planned.rule] ?? ''
    this.#toFleet.push({ tenantId, hostId, eventId, time, event, rule, steps })
  }

  #releaseFleet(scope: string, held: Held<FleetEvent>): void {
    this.#timers.advance(scope, held.timeMs)
    const { rule, steps } = held.item
    const sequence = this.#sequenceByName.get(rule)
    // The rule may have gone while the event waited.
    if (sequence === undefined) return
    const host = hostScope(held.item)
    this.#turnTo(host, held)
    this.#offer(sequence, { scope, host, steps })
  }

  #offer(
    sequence: number,
    { scope, host, steps }: { scope: string; host: string; steps: readonly number[] },
  ): void {
    const rule = this.#plan.sequences[sequence]?.rule ?? 0
    if (this.#budget.allows(rule, host)) {
      const { timeMs } = this.#occasion
      this.#budget.spend(rule, host, this.#sequences.offer(sequence, { scope, timeMs, steps }))
    } else this.#skipped[rule] = (this.#skipped[rule] ?? 0) + 1
  }

  #matched(match: RuleMatch): void {
    const mayCount = this.#owner.matched(match)
    if (!mayCount || !this.#correlations.wants(match.rule)) return
    if (this.#budget.allows(match.rule, match.host)) {
      this.#budget.spend(match.rule, match.host, 1)
      this.#correlations.feed(match)
    } else this.#skipped[match.rule] = (this.#skipped[match.rule] ?? 0) + 1
  }

  /** What it holds, and lost. */
  counts(): StatefulCounts {
    const [hosts, fleet] = [this.#hosts.counts(), this.#fleet.counts()]
    const { nodes, evicted } = this.#tree.counts()
    return {
      held: this.#hosts.heldCount + this.#fleet.heldCount,
      late: hosts.late,
      hurried: hosts.hurried + fleet.hurried,
      clocksReset: hosts.clocksReset,
      hostsForgotten: hosts.scopesForgotten,
      lineage: nodes,
      lineageEvicted: evicted,
    }
  }

  /** What the state of each rule takes, by index. */
  ruleCounts(): readonly RuleStateCounts[] {
    const counts = this.#plan.rules.map((_, rule) => {
      return { open: 0, bytes: 0, evicted: 0, skipped: this.#skipped[rule] ?? 0 }
    })
    for (const part of [this.#sequences, this.#correlations]) {
      for (const { rule, ...account } of part.accounts()) {
        counts[rule] = { skipped: this.#skipped[rule] ?? 0, ...account }
      }
    }
    return counts
  }

  /** Everything it remembers. */
  state(): StatefulState {
    const hosts = this.#hosts.state()
    const clocks = hosts.clocks.map((clock) => {
      if (clock.held === undefined) return clock
      return { ...clock, held: clock.held.map(withoutFilters) }
    })
    return {
      hosts: { ...hosts, clocks },
      fleet: this.#fleet.state(),
      tree: this.#tree.state(),
      sequences: this.#sequences.state(),
      correlations: this.#correlations.state(),
      work: this.#budget.state(this.#plan.names),
    }
  }

  /**
   * Takes up what {@link state} gave. Rules that are not the same as before begin anew.
   *
   * @param filtersOf The filters that hold for an event that was held.
   */
  restore(state: StatefulState, filtersOf: (event: EcsEvent) => readonly number[]): void {
    const clocks = state.hosts.clocks.map((clock) => {
      if (clock.held === undefined) return clock
      const held = clock.held.map(({ timeMs, item }) => {
        const { event } = item
        return { timeMs, item: event === undefined ? item : { ...item, filters: filtersOf(event) } }
      })
      return { ...clock, held }
    })
    this.#hosts.restore({ ...state.hosts, clocks })
    this.#fleet.restore(state.fleet)
    this.#tree.restore(state.tree)
    this.#sequences.restore(state.sequences)
    this.#correlations.restore(state.correlations)
    this.#budget.restore(state.work, this.#plan.names)
  }

  /** Takes up how many matches of rules were not taken, by index. */
  setSkipped(skipped: readonly number[]): void {
    for (const [rule] of this.#skipped.entries()) this.#skipped[rule] = skipped[rule] ?? 0
  }
}

// Indices mean something only to the rule set at hand.
function withoutFilters({ timeMs, item }: Held<HeldEvent>): Held<HeldEvent> {
  const { filters: _, ...saved } = item
  return { timeMs, item: saved }
}
