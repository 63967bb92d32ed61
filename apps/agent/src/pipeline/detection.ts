import { DetectError, Detector } from '@pomona/detect'
import { type BundleContent, HOST_TAG, type Rule } from '@pomona/rules'
import type { Alert, EcsEvent, TenantId } from '@pomona/schema'
import { messageOf } from '../errors.ts'

/** What rules over several events may remember on a Mac. */
const STATE_BYTES_MAX = 16 * 1024 * 1024
/** Alerts of one rule in an hour: on one Mac more of them say nothing new. */
const ALERTS_PER_HOUR_MAX = 100

/** The engine of the server on the host, with the rules that are marked for it. */
export class HostDetection {
  readonly #tenantId: TenantId
  #detector: Detector | undefined
  #alerts = 0
  #rules = 0
  #problem: string | undefined

  constructor(tenantId: TenantId) {
    this.#tenantId = tenantId
  }

  /** Alerts since the start. */
  get alerts(): number {
    return this.#alerts
  }

  /** Rules at work. */
  get rules(): number {
    return this.#rules
  }

  /**
   * Puts other content to work, or none. Rules that stay as they are go on with what they
   * remember.
   *
   * @throws Whatever the engine throws; then what was at work goes on.
   */
  use(content: BundleContent | undefined): void {
    if (content === undefined) {
      this.#detector = undefined
      this.#rules = 0
      this.#problem = undefined
      return
    }
    const rules = hostRules(content.rules.rules)
    const detector = new Detector(rules, {
      tenantId: this.#tenantId,
      exceptions: content.exceptions.exceptions,
      partialsBytesMax: STATE_BYTES_MAX / 2,
      windowsBytesMax: STATE_BYTES_MAX / 2,
      alertsPerHourMax: ALERTS_PER_HOUR_MAX,
    })
    const state = this.#detector?.checkpoint()
    if (state !== undefined) detector.restore(state)
    this.#detector = detector
    this.#rules = rules.length
    this.#problem = undefined
  }

  /** What is wrong with the content at work: the engine failed on an event. */
  problem(): string | undefined {
    return this.#problem
  }

  /** Evaluates the next event. @returns The alerts that are due. */
  observe(event: EcsEvent): readonly Alert[] {
    return this.#told((detector) => detector.process(event))
  }

  /** Nothing comes at the moment: what waits for older events is evaluated. */
  settle(): readonly Alert[] {
    return this.#told((detector) => detector.settle())
  }

  /** What rules remember, as text; nothing while there are none. */
  save(): string | undefined {
    return this.#detector?.checkpoint()
  }

  /** Takes up what {@link save} gave before a restart. @returns Whether it could be read. */
  restore(text: string): boolean {
    try {
      this.#detector?.restore(text)
      return true
    } catch (error) {
      if (!(error instanceof DetectError)) throw error
      return false
    }
  }

  // Content comes from outside. What it does to the engine must not keep events from being kept:
  // the server has the same rules and evaluates them all the same.
  #told(work: (detector: Detector) => readonly Alert[]): readonly Alert[] {
    if (this.#detector === undefined) return []
    try {
      const alerts = work(this.#detector)
      this.#alerts += alerts.length
      return alerts
    } catch (error) {
      this.#detector = undefined
      this.#problem = `The engine failed and is off: ${messageOf(error)}`
      return []
    }
  }
}

/**
 * The rules that are marked for the host, and those that they count: a correlation is of no use
 * without what it is made of, which then makes alerts of its own only where it is marked as well.
 */
export function hostRules(rules: readonly Rule[]): readonly Rule[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  const marked = rules.filter(({ tags }) => tags.includes(HOST_TAG))
  const taken = new Map(marked.map((rule) => [rule.id, rule]))
  for (const rule of taken.values()) {
    if (rule.body.kind !== 'correlation') continue
    for (const { ruleId } of rule.body.inputs) {
      const input = byId.get(ruleId)
      if (input !== undefined && !taken.has(ruleId)) taken.set(ruleId, { ...input, silent: true })
    }
  }
  // In the order of the set, which the server's alerts come in as well.
  return rules.flatMap(({ id }) => taken.get(id) ?? [])
}
