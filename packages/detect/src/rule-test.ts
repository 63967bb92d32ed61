import { loadRules, type Rule, type RuleOutcome, type SigmaOptions, unparse } from '@pomona/rules'
import { type EcsEvent, problemsOf } from '@pomona/schema'
import { isContextual } from './contextual.ts'
import { Engine } from './engine.ts'
import { RuleExplainer } from './explain/rule-explainer.ts'
import { explanationSummary } from './explain/text.ts'
import { arrivalsOf, firesOn } from './stream-test.ts'

/** The texts of a rule folder. */
export interface RuleFolder {
  /** Path of `rule.yml`, for problems. */
  readonly path: string
  readonly rule: string
  /**
   * `match.jsonl`: normalised events, one a line, for each of which the rule must fire. A line that
   * is a list of events is a stream: they happen one after the other, and the rule must fire on
   * all of them together.
   */
  readonly match: string | undefined
  /** `no-match.jsonl`: near misses, on none of which it may fire. */
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
  /** Of the rule that tells alerts; of the first document that cannot be used, where one cannot. */
  readonly outcome: RuleOutcome
  readonly cases: readonly RuleCase[]
  /** What is wrong with the folder itself. */
  readonly problems: readonly string[]
}

const LINES_MAX = 10_000
const CONDITION_CHARS_MAX = 300

/**
 * Tests a rule folder: the rule loads and can fire, every line of `match.jsonl` fires it, no line
 * of `no-match.jsonl` does, and both hold at least one line. Lines must be events as the field
 * table describes them, so that a fixture cannot invent what no sensor says.
 *
 * Streams are evaluated as written and then as they might have arrived: out of order by no more
 * than the engine puts right. The answer has to be the same.
 *
 * The file may hold several documents: a correlation, and the rules it counts, which must not tell
 * alerts of their own.
 *
 * @throws Never for anything in the texts.
 */
export function testRule(folder: RuleFolder, options: SigmaOptions): RuleTestResult {
  const { outcomes, rules } = loadRules([{ path: folder.path, text: folder.rule }], options)
  const [first] = outcomes
  if (first === undefined) throw new Error('loading gives at least one outcome')
  const unusable = outcomes.find(({ state }) => state !== 'loaded' && state !== 'applied')
  if (unusable !== undefined) {
    const problems = [`The rule is ${unusable.state}.`]
    return { ok: false, outcome: unusable, cases: [], problems }
  }
  const telling = rules.filter(({ silent }) => !silent)
  const [rule, ...others] = telling
  if (rule === undefined || others.length > 0) {
    const problems = ['rule.yml must hold one rule that tells alerts.']
    return { ok: false, outcome: first, cases: [], problems }
  }
  const outcome = outcomes.find((one) => one.state === 'loaded' && one.rule.id === rule.id) ?? first
  const problems: string[] = []
  const subject = subjectOf(rule, rules)
  const cases = [
    ...testFile(subject, { file: 'match.jsonl', text: folder.match, problems }),
    ...testFile(subject, { file: 'no-match.jsonl', text: folder.noMatch, problems }),
  ]
  const ok = problems.length === 0 && cases.every((entry) => entry.ok)
  return { ok, outcome, cases, problems }
}

/** The rule under test, and all of its file. */
interface Subject {
  readonly rule: Rule
  readonly rules: readonly Rule[]
  /** Absent of a rule that has to see more than one event. */
  readonly engine: Engine | undefined
}

function subjectOf(rule: Rule, rules: readonly Rule[]): Subject {
  const { body } = rule
  const isPlain = body.kind === 'event' && !isContextual(body)
  return { rule, rules, engine: isPlain ? new Engine([rule]) : undefined }
}

interface FixtureFile {
  readonly file: RuleCase['file']
  readonly text: string | undefined
  readonly problems: string[]
}

function testFile(subject: Subject, { file, text, problems }: FixtureFile): readonly RuleCase[] {
  const lines = (text ?? '').split('\n')
  const cases: RuleCase[] = []
  for (const [index, line] of lines.slice(0, LINES_MAX).entries()) {
    if (line.trim() === '') continue
    const at = { number: index + 1, shouldFire: file === 'match.jsonl' }
    const reason = whyWrong(subject, line, at)
    const head = { file, line: index + 1, ok: reason === undefined }
    cases.push(reason === undefined ? head : { ...head, reason })
  }
  if (cases.length === 0) problems.push(`${file} needs at least one line.`)
  if (lines.length > LINES_MAX) problems.push(`${file} has more than ${LINES_MAX} lines.`)
  return cases
}

/** Where a line stands, and what is wanted of it. */
interface Wanted {
  /** From 1. */
  readonly number: number
  readonly shouldFire: boolean
}

function whyWrong(subject: Subject, line: string, wanted: Wanted): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    return `Not JSON: ${error instanceof Error ? error.message : String(error)}`
  }
  const events: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (events.length === 0) return 'The stream holds no event.'
  for (const [index, event] of events.entries()) {
    const misfit = misfitOf(event)
    if (misfit !== undefined) return Array.isArray(value) ? `Event ${index + 1}: ${misfit}` : misfit
  }
  const documents = events as readonly object[] // Objects that fit the field table, checked above.
  const { engine } = subject
  return engine === undefined
    ? whyStreamWrong(subject, documents, wanted)
    : whyEventsWrong(subject, { engine, documents, wanted })
}

function misfitOf(event: unknown): string | undefined {
  const [misfit] = problemsOf(event, 1)
  if (typeof event !== 'object' || event === null) return 'Not an event.'
  if (misfit === undefined) return undefined
  const place = misfit.field === '' ? '' : `${misfit.field} `
  return `Not an event as the field table describes it: ${place}(${misfit.reason}).`
}

interface PlainCase {
  readonly engine: Engine
  readonly documents: readonly object[]
  readonly wanted: Wanted
}

function whyEventsWrong(
  subject: Subject,
  { engine, documents, wanted }: PlainCase,
): string | undefined {
  const [match] = documents.flatMap((document) => engine.evaluate(document))
  if ((match !== undefined) === wanted.shouldFire) return undefined
  if (match === undefined) {
    const condition = unparse(subject.rule.body, CONDITION_CHARS_MAX)
    const summary = summaryOf(subject, documents, wanted.number)
    return `The rule did not fire. It asks: ${condition}. ${summary}`
  }
  const held = match.witnesses.map(
    ({ field, operator, pattern }) => `${field || 'keyword'} ${operator} ${pattern}`,
  )
  return `The rule fired: ${held.join(', ')}`
}

function whyStreamWrong(
  subject: Subject,
  events: readonly EcsEvent[],
  { number, shouldFire }: Wanted,
): string | undefined {
  const { rules } = subject
  const written = firesOn(rules, events)
  if (written.discarded !== undefined) return `An event cannot be used: ${written.discarded}.`
  if (written.fired !== shouldFire) {
    return shouldFire
      ? `The rule did not fire. ${summaryOf(subject, events, number)}`
      : `The rule fired on the events ${written.events.join(', ')}.`
  }
  for (const { name, events: arrived } of arrivalsOf(events)) {
    if (firesOn(rules, arrived).fired === shouldFire) continue
    const what = shouldFire ? 'does not fire' : 'fires'
    const order = arrived.map((event) => events.indexOf(event) + 1).join(', ')
    return `The rule ${what} when the events arrive ${name}: in the order ${order}.`
  }
  return undefined
}

function summaryOf({ rule, rules }: Subject, documents: readonly object[], line: number): string {
  const explainer = new RuleExplainer(rule, { rules, limits: { toldMax: 1 } })
  for (const [index, document] of documents.entries()) {
    explainer.take(document, documents.length === 1 ? { line } : { line, item: index + 1 })
  }
  return explanationSummary(explainer.explanation())
}
