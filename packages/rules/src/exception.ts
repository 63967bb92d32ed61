import { parseTime } from '@pomona/schema'
import { isFatal, type RuleProblem } from './errors.ts'
import type { Filter } from './expression.ts'
import { ProblemReport } from './report.ts'
import type { Rule } from './rule.ts'
import { loadRules } from './rule-set.ts'
import type { RuleSource, SigmaOptions } from './sigma/load.ts'
import { entryOf, readYaml, textOf, textsOf, type YamlMap } from './sigma/yaml-tree.ts'

/**
 * A reason not to tell of what a rule found: known and harmless. It is judged after the rule, so
 * that what it hides is still counted and can be looked up.
 */
export interface RuleException {
  readonly id: string
  readonly name: string
  /** Who answers for it. */
  readonly owner: string
  readonly reason: string
  /** Event time from which on it no longer holds, in milliseconds since 1970; absent: never. */
  readonly expiresMs?: number
  /** Rules it is for: any of these ids, or with any of these tags. Both empty: all rules. */
  readonly ruleIds: readonly string[]
  readonly tags: readonly string[]
  /** Hosts it is for, by id or name; none: all. */
  readonly hosts: readonly string[]
  /** What an event has to be like. Of several events of one alert, one suffices. */
  readonly filter: Filter
  readonly path: string
  readonly line: number
}

/** What came of reading exceptions. */
export interface ExceptionSet {
  readonly exceptions: readonly RuleException[]
  readonly problems: readonly RuleProblem[]
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * Reads exceptions: documents with a `title`, an `owner`, a `reason` and a Sigma `detection`;
 * optionally an `id`, the day it `expires` (the first without it, in UTC) and what it is
 * for: `rules` (ids), `tags`, `hosts`. One with anything wrong excepts nothing.
 *
 * @throws Never for anything in the texts.
 */
export function loadExceptions(
  sources: Iterable<RuleSource>,
  options: Pick<SigmaOptions, 'mapping'>,
): ExceptionSet {
  const exceptions: RuleException[] = []
  const problems: RuleProblem[] = []
  for (const source of sources) {
    const { outcomes } = loadRules([source], { ...options, purpose: 'evaluate' })
    const documents = readYaml(source.text).filter(({ root }) => root !== undefined)
    for (const [index, outcome] of outcomes.entries()) {
      const report = new ProblemReport(source.path)
      const root = documents[index]?.root
      const isRead = outcome.state === 'loaded' && root?.kind === 'map'
      const exception = isRead ? exceptionOf(root, { rule: outcome.rule, report }) : undefined
      problems.push(...outcome.problems.filter(isFatal), ...report.problems)
      if (exception !== undefined) exceptions.push(exception)
    }
  }
  return { exceptions, problems }
}

/** Whether an exception is for a rule: it names its id or one of its tags, or nothing at all. */
export function isExceptionFor(
  { ruleIds, tags }: Pick<RuleException, 'ruleIds' | 'tags'>,
  rule: Pick<Rule, 'id' | 'tags'>,
): boolean {
  if (ruleIds.length === 0 && tags.length === 0) return true
  return ruleIds.includes(rule.id) || tags.some((tag) => rule.tags.includes(tag))
}

function exceptionOf(
  root: YamlMap,
  { rule, report }: { readonly rule: Rule; readonly report: ProblemReport },
): RuleException | undefined {
  const needed = (key: string): string => {
    const text = textOf(root, key) ?? ''
    if (text === '') {
      const message = `An exception needs "${key}": who answers for it, and why it is harmless.`
      report.add('ERR_RULE_STRUCTURE', message, { at: entryOf(root, key)?.at ?? root.at })
    }
    return text
  }
  const [owner, reason] = [needed('owner'), needed('reason')]
  const expiresMs = expiryOf(root, report)
  if (rule.body.kind !== 'event') {
    const message = 'An exception is about one event: a detection with selections and a condition.'
    report.add('ERR_RULE_STRUCTURE', message, { at: root.at })
  }
  if (report.fatal || rule.body.kind !== 'event') return undefined
  const { gate, expression } = rule.body
  return {
    id: rule.id,
    name: rule.name,
    owner,
    reason,
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ruleIds: textsOf(root, 'rules'),
    tags: textsOf(root, 'tags'),
    hosts: textsOf(root, 'hosts'),
    filter: { gate, expression },
    path: rule.path,
    line: rule.line,
  }
}

/** Midnight of the day it names; absent when it names none. */
function expiryOf(root: YamlMap, report: ProblemReport): number | undefined {
  const entry = entryOf(root, 'expires')
  if (entry === undefined) return undefined
  const text = textOf(root, 'expires') ?? ''
  const atNs = parseTime(DAY.test(text) ? `${text}T00:00:00Z` : text)
  if (atNs !== undefined) return Number(atNs / 1_000_000n)
  const message = `"expires" is no day or time: "${text}"; write it like 2026-12-31.`
  report.add('ERR_RULE_STRUCTURE', message, { at: entry.at })
  return undefined
}
