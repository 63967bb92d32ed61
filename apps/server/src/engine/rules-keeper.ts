import { type Clock, deriveId, formatTime } from '@pomona/schema'
import type { Rule, RuleException } from '@pomona/rules'
import type { Records } from '@pomona/store'
import type { Logger } from 'pino'
import type { HostContent } from '../fleet/bundle-content.ts'
import { loadContent } from './content.ts'
import { RuleCatalog } from './rule-catalog.ts'

/** What the rules keeper works with. */
export interface RulesKeeperOptions {
  readonly directory: string
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
}

const HASH_SETTING = 'rules_hash'

/** Holds the rules in force and reads them again on demand; every change is noted in the audit. */
export class RulesKeeper {
  readonly #options: RulesKeeperOptions
  #catalog = new RuleCatalog([])
  #exceptions: readonly RuleException[] = []
  #unreadable = 0
  #forHosts: HostContent | undefined

  constructor(options: RulesKeeperOptions) {
    this.#options = options
  }

  get catalog(): RuleCatalog {
    return this.#catalog
  }

  get rules(): readonly Rule[] {
    return this.#catalog.rules
  }

  /** What is known and harmless; those that have expired hide nothing any more. */
  get exceptions(): readonly RuleException[] {
    return this.#exceptions
  }

  /** What bundles for hosts are made of; nothing before the content was read. */
  get forHosts(): HostContent | undefined {
    return this.#forHosts
  }

  /** Rules that do not load because of errors in them, or because their file cannot be read. */
  get failed(): number {
    const wrong = this.#catalog.outcomes.filter(({ state }) => state === 'failed').length
    return wrong + this.#unreadable
  }

  /**
   * Reads the content directory. When that fails the rules in force stay in force.
   *
   * @param actor Who asked, for the audit.
   * @throws ServerError ERR_CONTENT_UNREADABLE.
   */
  async load(actor: string): Promise<RuleCatalog> {
    const { directory, records, clock, logger } = this.#options
    const { rules, exceptions, problems, texts } = await loadContent(directory)
    this.#forHosts = { texts, rules }
    this.#unreadable = problems.length
    for (const problem of problems) logger.warn({ problem }, 'A rule file cannot be read.')
    this.#catalog = new RuleCatalog(rules.outcomes)
    this.#exceptions = exceptions.exceptions
    for (const problem of exceptions.problems) logger.warn({ problem }, 'An exception is wrong.')
    const nowMs = Number(clock.nowNs() / 1_000_000n)
    for (const { id, name, owner, expiresMs } of exceptions.exceptions) {
      if (expiresMs === undefined || expiresMs > nowMs) continue
      logger.warn({ exception_id: id, name, owner }, 'An exception has expired.')
    }
    const hash = hashOf(rules.rules)
    if (hash !== (await records.setting(HASH_SETTING))) {
      await records.audit({
        time: formatTime(clock.nowNs()),
        actor,
        action: 'rules_changed',
        target: 'content',
        details: { hash, ...countTexts(rules.counts) },
      })
      await records.setSetting(HASH_SETTING, hash)
    }
    logger.info({ rules: rules.counts }, 'Rules loaded.')
    return this.#catalog
  }
}

function hashOf(rules: readonly Rule[]): string {
  const versions = rules.map(({ id, version }) => `${id} ${version}`)
  return deriveId('rules', versions.toSorted())
}

function countTexts(counts: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, String(count)]))
}
