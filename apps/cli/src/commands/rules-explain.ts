import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { explanationLines, RuleExplainer, type RuleExplanation } from '@pomona/detect'
import { loadRules, nearestName, problemsOf, type Rule, type RuleSet } from '@pomona/rules'
import { type Command, EXIT, type Input, type Terminal } from '../command-line.ts'
import { fieldMapping, RULES_SHIPPED, ruleSources } from '../content.ts'
import { CliError, wrongUse } from '../errors.ts'
import { type Line, readLines } from '../lines.ts'
import { printable } from '../printable.ts'

const UNREADABLE_TOLD_MAX = 5
const TOLD_MAX = 100
const LINE_CHARS_MAX = 500

/** `pomona rules explain`: why a rule fires on events, or why it does not. */
export const rulesExplainCommand: Command = {
  name: 'rules explain',
  summary: 'Say why a rule fires on events or does not: what held, what failed, how far it got.',
  operands: 'RULE',
  options: {
    events: {
      type: 'string',
      value: 'FILE',
      description: 'Events, one a line, or a list of them a line; .gz, .zst too.',
    },
    content: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      description: 'Where RULE is looked for, and what it refers to. Default the shipped rules.',
    },
    nearest: { type: 'string', value: 'N', description: 'Events told of each part. Default 5.' },
    json: { type: 'boolean', description: 'One JSON object an explanation.' },
  },
  notes: [
    'RULE is a rule file or folder, or the id, title or folder name of a rule of the content. Events are normalised ones, as `pomona normalize --json` writes them and as fixtures hold them. A line that is a list is a stream of its own and explained by itself.',
    'Exit code 0 whether the rule fired or not; 1 when it cannot be loaded.',
  ],
  async run(input, terminal) {
    const [name, ...rest] = input.operands
    if (name === undefined || rest.length > 0) throw wrongUse('Name one rule.')
    const events = input.required('events')
    const toldMax = input.number('nearest', { min: 1, max: TOLD_MAX, whole: true })
    const limits = toldMax === undefined ? {} : { toldMax }
    const set = await loaded(name, input, terminal)
    const explained = set.chosen.map((rule) => {
      const rules = withInputs(rule, set.rules)
      return { make: () => new RuleExplainer(rule, { rules, limits }) }
    })
    const explanations = new Explanations(explained, terminal, input.flag('json'))
    for await (const lines of readLines(events)) {
      for (const line of lines) explanations.take(line)
      await terminal.output.drain()
    }
    explanations.end()
    for (const sample of explanations.unreadable) terminal.say(`${events}:${sample}`)
    return EXIT.done
  },
}

interface Chosen {
  readonly chosen: readonly Rule[]
  readonly rules: readonly Rule[]
}

/** @throws CliError ERR_CLI_USAGE when there is no such rule, ERR_CLI_FILE when it is broken. */
async function loaded(name: string, input: Input, { say }: Terminal): Promise<Chosen> {
  const mapping = await fieldMapping()
  const content = input.texts('content')
  const isPath = await stat(name).then(
    () => true,
    () => false,
  )
  const named = isPath ? [name, ...content] : content.length === 0 ? [RULES_SHIPPED] : content
  const sources = await ruleSources(named)
  const set = loadRules(sources, { mapping })
  if (!isPath) return { chosen: [byName(name, set)], rules: set.rules }
  const own = new Set((await ruleSources([name])).map(({ path }) => path))
  const here = set.outcomes.filter((outcome) => own.has(pathOf(outcome)))
  const found = here.flatMap((outcome) => ('rule' in outcome ? [outcome.rule] : []))
  // What only feeds a correlation is explained with it.
  const telling = found.filter(({ silent }) => !silent)
  const chosen = telling.length > 0 ? telling : found
  if (chosen.length > 0) return { chosen, rules: set.rules }
  for (const { path, line, message } of problemsOf(here)) say(`${path}:${line}: ${message}`)
  throw new CliError('ERR_CLI_FILE', `No rule of ${name} can be loaded; see pomona rules check.`)
}

function pathOf(outcome: RuleSet['outcomes'][number]): string {
  return 'rule' in outcome ? outcome.rule.path : outcome.path
}

function byName(name: string, { rules }: RuleSet): Rule {
  const found = rules.find((rule) => namesOf(rule).includes(name))
  if (found !== undefined) return found
  const near = nearestName(name, rules.flatMap(namesOf))
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  throw wrongUse(`There is no file and no rule called "${name}".${hint}`)
}

function namesOf({ id, name, path }: Rule): readonly string[] {
  return [id, basename(dirname(path)), name]
}

/** A rule and those whose matches it counts, however deep. */
function withInputs(rule: Rule, rules: readonly Rule[]): readonly Rule[] {
  const needed = new Set<Rule>()
  const add = (one: Rule): void => {
    if (needed.has(one)) return
    needed.add(one)
    if (one.body.kind !== 'correlation') return
    const ids = new Set(one.body.inputs.map(({ ruleId }) => ruleId))
    for (const input of rules) if (ids.has(input.id)) add(input)
  }
  add(rule)
  return rules.filter((one) => needed.has(one))
}

interface Explained {
  readonly make: () => RuleExplainer
}

/** Explains the single events of a file together, and each list of events by itself. */
class Explanations {
  readonly unreadable: string[] = []
  readonly #explained: readonly Explained[]
  readonly #terminal: Terminal
  readonly #asJson: boolean
  #singles: readonly RuleExplainer[] | undefined
  #told = 0

  // oxlint-disable-next-line max-params -- what, where, how
  constructor(explained: readonly Explained[], terminal: Terminal, asJson: boolean) {
    this.#explained = explained
    this.#terminal = terminal
    this.#asJson = asJson
  }

  take({ number, text }: Line): void {
    const value = parsed(text)
    if (Array.isArray(value) && value.every(isObject)) {
      const explainers = this.#explained.map(({ make }) => make())
      for (const [index, document] of value.entries()) {
        for (const explainer of explainers) {
          explainer.take(document, { line: number, item: index + 1 })
        }
      }
      for (const explainer of explainers) this.#tell(explainer.explanation(), number)
    } else if (isObject(value)) {
      this.#singles ??= this.#explained.map(({ make }) => make())
      for (const explainer of this.#singles) explainer.take(value, { line: number })
    } else if (this.unreadable.length < UNREADABLE_TOLD_MAX) {
      this.unreadable.push(`${number}: not an event nor a list of events: ${printable(text, 80)}`)
    }
  }

  /** Tells of the single events. */
  end(): void {
    if (this.#singles === undefined && this.#told > 0) return
    const explainers = this.#singles ?? this.#explained.map(({ make }) => make())
    for (const explainer of explainers) this.#tell(explainer.explanation())
  }

  #tell(explanation: RuleExplanation, line?: number): void {
    const { output } = this.#terminal
    if (this.#asJson) {
      output.json({
        kind: 'explanation',
        ...(line === undefined ? {} : { line }),
        explanation,
      })
    } else {
      if (this.#told > 0) output.line('')
      for (const text of explanationLines(explanation)) {
        output.line(printable(text, LINE_CHARS_MAX))
      }
    }
    this.#told += 1
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller shows the line.
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
