import { isExceptionFor, type RuleException, type RuleOutcome } from '@pomona/rules'
import { formatTime } from '@pomona/schema'
import type { LoadedContent } from './content.ts'
import { printable } from './printable.ts'

const REASON_CHARS_MAX = 400

/** What an exception does: only one in force hides anything. */
export type ExceptionState = 'in_force' | 'expired' | 'for_no_rule' | 'failed'

/** What came of one exception; one that failed to load has no more than its place. */
export interface CheckedException {
  readonly kind: 'exception'
  readonly state: ExceptionState
  readonly path: string
  readonly line: number
  readonly id?: string
  readonly name?: string
  readonly owner?: string
  readonly reason?: string
  /** When it ends or ended. */
  readonly expires?: string
  /** Rules at hand that it is for. */
  readonly rules?: number
  /** Ids it names that no rule at hand has. */
  readonly unknown_rules?: readonly string[]
  /** What is wrong with it. */
  readonly problem?: string
}

/** Looks at every exception of a content; `nowMs` is what has expired is judged by. */
export function checkExceptions(
  { rules, exceptions, isWhole }: LoadedContent,
  nowMs: number,
): readonly CheckedException[] {
  const loaded = exceptions.exceptions
    .map((exception) => checked(exception, { outcomes: rules.outcomes, isWhole, nowMs }))
    .filter(({ rules: found }) => isWhole || found !== 0)
  const failed = exceptions.problems.map(({ path, line, message }): CheckedException => {
    return { kind: 'exception', state: 'failed', path, line, problem: message }
  })
  return [...loaded, ...failed].toSorted((one, other) => {
    return one.path === other.path ? one.line - other.line : one.path < other.path ? -1 : 1
  })
}

interface Surroundings {
  readonly outcomes: readonly RuleOutcome[]
  readonly isWhole: boolean
  readonly nowMs: number
}

function checked(
  exception: RuleException,
  { outcomes, isWhole, nowMs }: Surroundings,
): CheckedException {
  const { path, line, id, name, owner, reason, expiresMs, ruleIds } = exception
  const rules = outcomes.flatMap((outcome) => ('rule' in outcome ? [outcome.rule] : []))
  const known = new Set(outcomes.flatMap((one) => ('rule' in one ? one.rule.id : (one.id ?? []))))
  const unknown = isWhole ? ruleIds.filter((ruleId) => !known.has(ruleId)) : []
  const forRules = rules.filter((rule) => isExceptionFor(exception, rule)).length
  const isExpired = expiresMs !== undefined && expiresMs <= nowMs
  const idle = forRules === 0 ? 'for_no_rule' : 'in_force'
  return {
    kind: 'exception',
    state: isExpired ? 'expired' : idle,
    ...{ path, line, id, name, owner, reason },
    ...(expiresMs === undefined ? {} : { expires: dayOf(expiresMs) }),
    rules: forRules,
    ...(unknown.length === 0 ? {} : { unknown_rules: unknown }),
  }
}

function dayOf(timeMs: number): string {
  return formatTime(BigInt(timeMs) * 1_000_000n).slice(0, 10)
}

/** How many exceptions are in each state. */
export function exceptionCounts(
  exceptions: readonly CheckedException[],
): Readonly<Record<ExceptionState, number>> {
  const counts = { in_force: 0, expired: 0, for_no_rule: 0, failed: 0 }
  for (const { state } of exceptions) counts[state] += 1
  return counts
}

/** Nothing for an exception in force that is for rules there are. */
export function exceptionLines(exception: CheckedException): readonly string[] {
  const { state, path, line, name, owner, expires, unknown_rules: unknown = [] } = exception
  const place = `${path}:${line}: exception`
  const who = `${printable(name ?? '', 100)} (${printable(owner ?? '', 100)})`
  const names = unknown.length === 0 ? '' : `: no rule has the id ${unknown.join(', ')}`
  if (state === 'failed') {
    return [`${place} failed: ${printable(exception.problem ?? '', REASON_CHARS_MAX)}`]
  }
  if (state === 'expired') return [`${place} expired on ${expires}: ${who}`]
  const said = state === 'for_no_rule' ? ' is for no rule' : ''
  if (said === '' && names === '') return []
  return [`${place}${said}: ${who}${printable(names, REASON_CHARS_MAX)}`]
}
