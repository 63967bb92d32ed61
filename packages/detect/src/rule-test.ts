import { loadSigma, type RuleOutcome, type SigmaOptions, unparse } from '@pomona/rules'
import { problemsOf } from '@pomona/schema'
import { Engine } from './engine.ts'

/** The texts of a rule folder. */
export interface RuleFolder {
  /** Path of `rule.yml`, for problems. */
  readonly path: string
  readonly rule: string
  /** `match.jsonl`: normalised events, one a line, for each of which the rule must fire. */
  readonly match: string | undefined
  /** `no-match.jsonl`: near misses, for none of which it may fire. */
  readonly noMatch: string | undefined
}

/** One line of a fixture file. */
export interface RuleCase {
  readonly file: 'match.jsonl' | 'no-match.jsonl'
  /** From 1. */
  readonly line: number
  readonly ok: boolean
  /** Why it is not. */
  readonly reason?: string
}

/** What a rule folder's test came to. */
export interface RuleTestResult {
  readonly ok: boolean
  readonly outcome: RuleOutcome
  readonly cases: readonly RuleCase[]
  /** What is wrong with the folder itself. */
  readonly problems: readonly string[]
}

const LINES_MAX = 10_000
const CONDITION_CHARS_MAX = 300

/**
 * Tests a rule folder: the rule loads and can fire, every line of `match.jsonl` fires it, no line
 * of
 * `no-match.jsonl` does, and both hold at least one line. Lines must be events as the field table
 * describes them, so that a fixture cannot invent what no sensor says.
 *
 * @throws Never for anything in the texts.
 */
export function testRule(folder: RuleFolder, options: SigmaOptions): RuleTestResult {
  const outcomes = loadSigma({ path: folder.path, text: folder.rule }, options)
  const [outcome] = outcomes
  if (outcome === undefined) throw new Error('loadSigma returns at least one outcome')
  const problems: string[] = []
  if (outcomes.length > 1) problems.push('rule.yml must hold one rule.')
  if (outcome.state !== 'loaded') {
    problems.push(`The rule is ${outcome.state}.`)
    return { ok: false, outcome, cases: [], problems }
  }
  const engine = new Engine([outcome.rule])
  const cases = [
    ...testFile(engine, { file: 'match.jsonl', text: folder.match, problems }),
    ...testFile(engine, { file: 'no-match.jsonl', text: folder.noMatch, problems }),
  ]
  const ok = problems.length === 0 && cases.every((entry) => entry.ok)
  return { ok, outcome, cases, problems }
}

interface FixtureFile {
  readonly file: RuleCase['file']
  readonly text: string | undefined
  readonly problems: string[]
}

function testFile(engine: Engine, { file, text, problems }: FixtureFile): readonly RuleCase[] {
  const lines = (text ?? '').split('\n')
  const cases: RuleCase[] = []
  for (const [index, line] of lines.slice(0, LINES_MAX).entries()) {
    if (line.trim() === '') continue
    const reason = whyWrong(engine, line, file === 'match.jsonl')
    const head = { file, line: index + 1, ok: reason === undefined }
    cases.push(reason === undefined ? head : { ...head, reason })
  }
  if (cases.length === 0) problems.push(`${file} needs at least one line.`)
  if (lines.length > LINES_MAX) problems.push(`${file} has more than ${LINES_MAX} lines.`)
  return cases
}

function whyWrong(engine: Engine, line: string, shouldMatch: boolean): string | undefined {
  let document: unknown
  try {
    document = JSON.parse(line)
  } catch (error) {
    return `Not JSON: ${error instanceof Error ? error.message : String(error)}`
  }
  const [misfit] = problemsOf(document, 1)
  if (typeof document !== 'object' || document === null) return 'Not an event.'
  if (misfit !== undefined) {
    return `Not an event as the field table describes it: ${misfit.field} (${misfit.reason}).`
  }
  const [match] = engine.evaluate(document)
  if ((match !== undefined) === shouldMatch) return undefined
  if (match === undefined) {
    const [rule] = engine.rules
    const condition = rule === undefined ? '' : unparse(rule.body, CONDITION_CHARS_MAX)
    return `The rule did not fire. It asks: ${condition}`
  }
  const held = match.witnesses.map(
    ({ field, operator, pattern }) => `${field || 'keyword'} ${operator} ${pattern}`,
  )
  return `The rule fired: ${held.join(', ')}`
}
