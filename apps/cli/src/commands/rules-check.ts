import type { RuleOutcome, RuleProblem } from '@pomona/rules'
import { type Command, EXIT } from '../command-line.ts'
import { loadContent } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { checkExceptions, exceptionCounts, exceptionLines } from '../exception-check.ts'
import { printable } from '../printable.ts'

const REASON_CHARS_MAX = 400

/** `pomona rules check`: which rules would run, and why the others would not. */
export const rulesCheckCommand: Command = {
  name: 'rules check',
  summary: 'Load rules and exceptions and list those that do nothing, with their reasons.',
  operands: '[DIR…]',
  options: {
    content: {
      type: 'string',
      multiple: true,
      value: 'DIR',
      description: 'Rules or a content directory, as an argument is.',
    },
    json: {
      type: 'boolean',
      description: 'One JSON object a rule and an exception, and a summary last.',
    },
    quiet: { type: 'boolean', description: 'Leave out warnings of rules that are loaded.' },
  },
  notes: [
    'Exit code 1 when a rule or an exception failed to load. Dead and unsupported rules are no failure.',
    'DIR may be a content directory. The exceptions beside a folder of rules are checked with it: broken and expired ones are listed, and those that are for no rule.',
    'Dead rules are counted by the fields, or the kinds of events, that no sensor provides.',
  ],
  async run(input, { clock, output, say }) {
    const paths = [...input.texts('content'), ...input.operands]
    if (paths.length === 0) throw wrongUse('Name at least one rule file or folder.')
    const content = await loadContent(paths)
    const { rules: set, files } = content
    const quiet = input.flag('quiet')
    for (const outcome of set.outcomes) {
      if (input.flag('json')) output.json(described(outcome))
      else for (const line of sentences(outcome, quiet)) output.line(line)
      await output.drain()
    }
    const nowMs = Number(clock.nowNs() / 1_000_000n)
    const exceptions = checkExceptions(content, nowMs)
    for (const checked of exceptions) {
      if (input.flag('json')) output.json(checked)
      else for (const line of exceptionLines(checked)) output.line(line)
    }
    const { loaded, dead, unsupported, failed, applied } = set.counts
    const excepting = exceptionCounts(exceptions)
    const problems = set.outcomes.flatMap((outcome) => outcome.problems).length
    const missing = missingCounts(set.outcomes)
    if (input.flag('json')) {
      const deadBy = Object.fromEntries(missing)
      const summary = { files, ...set.counts, problems, exceptions: excepting }
      output.json({ kind: 'summary', ...summary, dead_by_missing: deadBy })
    } else {
      for (const line of table(missing)) output.line(line)
    }
    say(
      `${set.outcomes.length} rules in ${files} files: ${loaded} loaded, ${dead} dead, ` +
        `${unsupported} unsupported, ${failed} failed, ${applied} filters.`,
    )
    if (exceptions.length > 0) {
      const { in_force: inForce, expired, for_no_rule: idle, failed: broken } = excepting
      say(
        `${exceptions.length} exceptions: ${inForce} in force, ${expired} expired, ` +
          `${idle} for no rule, ${broken} failed.`,
      )
    }
    return failed + excepting.failed === 0 ? EXIT.done : EXIT.failed
  },
}

interface Place {
  readonly path: string
  readonly line: number
  readonly id?: string
  readonly name?: string
}

function placeOf(outcome: RuleOutcome): Place {
  return 'rule' in outcome ? outcome.rule : outcome
}

function reasonOf(outcome: RuleOutcome): string | undefined {
  return 'reason' in outcome ? outcome.reason : undefined
}

function described(outcome: RuleOutcome): object {
  const { path, line, id, name } = placeOf(outcome)
  const severity = 'rule' in outcome ? outcome.rule.severity : undefined
  return {
    kind: 'rule',
    rule_id: id,
    rule_name: name,
    state: outcome.state,
    severity,
    path,
    line,
    reason: reasonOf(outcome),
    missing_fields: outcome.state === 'dead' ? outcome.fields : undefined,
    filtered_rules: outcome.state === 'applied' ? outcome.ruleIds : undefined,
    problems: outcome.problems.map(({ code, message, line: at, column }) => {
      return { code, message, line: at, column }
    }),
  }
}

/** Nothing for a rule that is loaded without a remark. */
function sentences(outcome: RuleOutcome, quiet: boolean): readonly string[] {
  const { path, line, name } = placeOf(outcome)
  const isUsed = outcome.state === 'loaded' || outcome.state === 'applied'
  const reason = reasonOf(outcome)
  const head = `${path}:${line}: ${outcome.state}: ${printable(name ?? 'rule without a title')}`
  const problems = isUsed && quiet ? [] : outcome.problems.map(problemText)
  if (isUsed) return problems
  const why = reason === undefined ? head : `${head}: ${printable(reason, REASON_CHARS_MAX)}`
  return [why, ...problems]
}

function problemText({ path, line, column, code, message }: RuleProblem): string {
  return `${path}:${line}:${column}: ${code}: ${printable(message, REASON_CHARS_MAX)}`
}

/**
 * How many dead rules need what no sensor provides, by field, the most wanted first. A rule that
 * lacks several counts at each; one whose events do not come at all counts at the reason.
 */
function missingCounts(outcomes: readonly RuleOutcome[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const outcome of outcomes) {
    if (outcome.state !== 'dead') continue
    const causes = outcome.fields.length === 0 ? [outcome.reason] : outcome.fields
    for (const cause of causes) counts.set(cause, (counts.get(cause) ?? 0) + 1)
  }
  return [...counts].toSorted(
    ([name, count], [otherName, otherCount]) => otherCount - count || (name < otherName ? -1 : 1),
  )
}

function table(missing: readonly (readonly [string, number])[]): readonly string[] {
  if (missing.length === 0) return []
  const rows = missing.map(([name, count]) => {
    return `${String(count).padStart(6)}  ${printable(name, REASON_CHARS_MAX)}`
  })
  return ['', 'Dead by what is missing:', ...rows]
}
