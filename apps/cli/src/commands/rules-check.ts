import { loadRules, type RuleOutcome, type RuleProblem } from '@pomona/rules'
import { type Command, EXIT } from '../command-line.ts'
import { fieldMapping, ruleSources } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { printable } from '../printable.ts'

/** `pomona rules check`: which rules would run, and why the others would not. */
export const rulesCheckCommand: Command = {
  name: 'rules check',
  summary: 'Load rules and list the dead, unsupported and failed ones with their reasons.',
  operands: 'DIR…',
  options: {
    json: { type: 'boolean', description: 'One JSON object a rule, and a summary last.' },
    quiet: { type: 'boolean', description: 'Leave out warnings of rules that are loaded.' },
  },
  notes: ['Exit code 1 when a rule failed to load. Dead and unsupported rules are no failure.'],
  async run(input, { output, say }) {
    if (input.operands.length === 0) throw wrongUse('Name at least one rule file or folder.')
    const sources = await ruleSources(input.operands)
    const set = loadRules(sources, { mapping: await fieldMapping() })
    const quiet = input.flag('quiet')
    for (const outcome of set.outcomes) {
      if (input.flag('json')) output.json(described(outcome))
      else for (const line of sentences(outcome, quiet)) output.line(line)
      await output.drain()
    }
    const { loaded, dead, unsupported, failed } = set.counts
    const warnings = set.outcomes.flatMap(({ problems }) => problems).length
    if (input.flag('json')) {
      output.json({ kind: 'summary', files: sources.length, ...set.counts, problems: warnings })
    }
    say(
      `${set.outcomes.length} rules in ${sources.length} files: ` +
        `${loaded} loaded, ${dead} dead, ${unsupported} unsupported, ${failed} failed.`,
    )
    return failed === 0 ? EXIT.done : EXIT.failed
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
    problems: outcome.problems.map(({ code, message, line: at, column }) => {
      return { code, message, line: at, column }
    }),
  }
}

/** Nothing for a rule that is loaded without a remark. */
function sentences(outcome: RuleOutcome, quiet: boolean): readonly string[] {
  const { path, line, name } = placeOf(outcome)
  const isLoaded = outcome.state === 'loaded'
  const reason = reasonOf(outcome)
  const head = `${path}:${line}: ${outcome.state}: ${printable(name ?? 'rule without a title')}`
  const problems = isLoaded && quiet ? [] : outcome.problems.map(problemText)
  if (isLoaded) return problems
  return [reason === undefined ? head : `${head}: ${printable(reason, 400)}`, ...problems]
}

function problemText({ path, line, column, code, message }: RuleProblem): string {
  return `${path}:${line}:${column}: ${code}: ${printable(message, 400)}`
}
