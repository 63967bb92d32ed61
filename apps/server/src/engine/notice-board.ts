import type { Notice, NoticeKind } from '@pomona/detect'
import type { Clock } from '@pomona/schema'
import type { Logger } from 'pino'
import type { Counter, MetricsRegistry } from '../metrics/registry.ts'
import type { RulesKeeper } from './rules-keeper.ts'

/** What the board works with. */
export interface NoticeBoardOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Counts notices by kind. */
  readonly counter: Counter
  readonly nameOf: (ruleId: string) => string | undefined
}

const SHOWN_NS = 600_000_000_000n
const SHOWN_MAX = 20

const SENTENCES: Readonly<Record<NoticeKind, string>> = {
  rule_state_evicted: 'had too much open and lost the oldest of it',
  rule_work_skipped: 'did too much and was left out of some events',
  rule_flooded: 'had more to tell of a host than it may in an hour',
  rule_errored: 'could not be evaluated on some events',
  events_hurried: 'Events were evaluated before they were in order',
  clock_reset: 'The clock of a host was set back',
  hosts_forgotten: 'More hosts than are remembered',
  lineage_evicted: 'More processes than are remembered',
  repeats_forgotten: 'More findings than are remembered: repeats may be told',
  excepted_dropped: 'Excepted alerts were counted and not kept',
}

interface Shown {
  readonly text: string
  readonly untilNs: bigint
}

/** Says what rules had to do with less than they should: log, metric, and health for a while. */
export class NoticeBoard {
  readonly #options: NoticeBoardOptions
  /** By kind and rule, the latest at the end. */
  readonly #shown = new Map<string, Shown>()

  constructor(options: NoticeBoardOptions) {
    this.#options = options
  }

  add(notices: readonly Notice[]): void {
    const { clock, logger, counter, nameOf } = this.#options
    const untilNs = clock.monotonicNs() + SHOWN_NS
    for (const { kind, ruleId, count } of notices) {
      const sentence = SENTENCES[kind]
      const text =
        ruleId === undefined
          ? `${sentence}: ${count}.`
          : `Rule ${nameOf(ruleId) ?? ruleId} ${sentence}: ${count}.`
      logger.warn({ kind, count, ...(ruleId === undefined ? {} : { rule_id: ruleId }) }, text)
      counter.add(count, { kind })
      const key = `${kind} ${ruleId ?? ''}`
      this.#shown.delete(key)
      this.#shown.set(key, { text, untilNs })
    }
    while (this.#shown.size > SHOWN_MAX) {
      const [oldest] = this.#shown.keys()
      if (oldest !== undefined) this.#shown.delete(oldest)
    }
  }

  /** What was noticed in the last ten minutes. */
  current(): readonly string[] {
    const nowNs = this.#options.clock.monotonicNs()
    return [...this.#shown.values()]
      .filter(({ untilNs }) => untilNs > nowNs)
      .map(({ text }) => text)
  }
}

/** Where a server's board gets its parts. */
export interface NoticeBoardParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly rules: RulesKeeper
}

/** The board of a server. */
export function noticeBoard({ clock, logger, metrics, rules }: NoticeBoardParts): NoticeBoard {
  return new NoticeBoard({
    clock,
    logger: logger.child({ component: 'rules' }),
    counter: metrics.counter(
      'pomona_rules_notices_total',
      'Times that rules had to do with less than they should have, by kind.',
    ),
    nameOf: (ruleId) => rules.rules.find(({ id }) => id === ruleId)?.name,
  })
}
