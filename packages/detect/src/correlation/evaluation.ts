import type { CorrelationBody, Rule } from '@pomona/rules'
import { EventView, type FieldLookup } from '../event-view.ts'
import { compileSubject, type SubjectReader } from './key.ts'
import { CorrelationWindow } from './window.ts'

interface OpenCorrelation {
  readonly rule: Rule
  readonly window: CorrelationWindow<undefined>
  readonly subjects: readonly SubjectReader[]
}

interface Feed {
  readonly open: OpenCorrelation
  readonly input: number
}

const PARTITION = ''
const GROUPS_MAX = 100_000

/**
 * Evaluates correlations on any events, as {@link Engine} does single rules: by whatever names the
 * events have, without a host, a tenant or alerts. All events are on one clock.
 */
export class CorrelationEvaluation {
  readonly #view: EventView
  /** Where the matches of a rule are counted. */
  readonly #feeds = new Map<string, Feed[]>()

  /** @param rules Correlations among them are evaluated, others are what they count. */
  constructor(rules: readonly Rule[], lookup: FieldLookup = 'nested') {
    const view = new EventView(lookup)
    this.#view = view
    const bodies = new Map(rules.map((rule) => [rule.id, rule.body]))
    const read = (field: string): (() => unknown) => {
      const index = view.indexOf(field)
      return () => view.value(index)
    }
    for (const rule of rules) {
      const { body } = rule
      if (body.kind !== 'correlation') continue
      const window = new CorrelationWindow<undefined>(body, { groupsMax: GROUPS_MAX })
      const subjects = body.inputs.map((input) => {
        const above = bodies.get(input.ruleId)
        const upstream: CorrelationBody | undefined =
          above?.kind === 'correlation' ? above : undefined
        return compileSubject({ body, input, upstream }, read)
      })
      const open = { rule, window, subjects }
      for (const [input, { ruleId }] of body.inputs.entries()) {
        const feeds = this.#feeds.get(ruleId) ?? []
        feeds.push({ open, input })
        this.#feeds.set(ruleId, feeds)
      }
    }
  }

  /** Whether there is a correlation to evaluate. */
  get isWanted(): boolean {
    return this.#feeds.size > 0
  }

  /**
   * Counts the rules that matched an event.
   *
   * @param timeMs Event time; events may come out of order by the windows' lateness.
   * @returns The correlations that the event completed, those they complete in turn after them.
   */
  feed(document: object, matched: readonly Rule[], timeMs: number): readonly Rule[] {
    const completed: Rule[] = []
    const waiting = matched.map(({ id }): Happening => ({ ruleId: id, timeMs }))
    let isTurned = false
    for (const happening of waiting) {
      for (const { open, input } of this.#feeds.get(happening.ruleId) ?? []) {
        if (!isTurned) this.#view.turnTo(document)
        isTurned = true
        const subject = open.subjects[input]?.(document, happening.key)
        if (subject === undefined) continue
        const told = open.window.offer({
          partition: PARTITION,
          timeMs: happening.timeMs,
          input,
          ...subject,
          evidence: undefined,
        })
        for (const { key, timeMs: endMs } of told) {
          completed.push(open.rule)
          // There are no circles: the loader refuses them.
          waiting.push({ ruleId: open.rule.id, timeMs: endMs, key })
        }
      }
    }
    return completed
  }
}

interface Happening {
  readonly ruleId: string
  readonly timeMs: number
  /** Of a correlation, the key that was completed. */
  readonly key?: string
}
