import { CorrelationEvaluation, Engine } from '@pomona/detect'
import { type FieldNaming, loadRules, problemsOf, type Rule } from '@pomona/rules'
import type { Clock } from '@pomona/schema'
import { type Command, EXIT, type Input } from '../command-line.ts'
import { fieldMapping, ruleSources } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { eventTimeMs } from '../event-time.ts'
import { type LineBytes, lineText, readLineBytes } from '../lines.ts'
import type { Output } from '../output.ts'
import { printable } from '../printable.ts'

const NAMINGS: readonly FieldNaming[] = ['raw', 'ecs', 'sigma']
const NS_PER_S = 1e9
const SAMPLES_MAX = 5
const STATEFUL_TOLD_MAX = 20
const TRIED: ReadonlySet<string> = new Set(['event', 'correlation'])

/** `pomona rules eval`: any Sigma rules on any events, as they are. */
export const rulesEvalCommand: Command = {
  name: 'rules eval',
  summary: 'Try every rule on every event of a JSON-lines file and print the matches.',
  operands: '[PATH…]',
  options: {
    rules: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      description: 'Rule file or folder. More may follow it.',
    },
    events: {
      type: 'string',
      value: 'FILE',
      description: 'One JSON object a line; .gz, .zst too.',
    },
    fields: {
      type: 'string',
      value: 'raw|ecs|sigma',
      description: 'Names the events have: those of the rule, ECS (default), or Sigma’s taxonomy.',
    },
    route: {
      type: 'boolean',
      description: 'Skip rules whose logsource contradicts product, service or category.',
    },
    json: { type: 'boolean', description: 'One JSON object a match, and a summary last.' },
  },
  notes: [
    'Events are taken as they are; keys may be nested or dotted. Exit code 1 when a rule cannot be loaded.',
    'A correlation comes out at the event that completes it, and the rules it counts do not unless it says generate. Time is @timestamp, timestamp, time, UtcTime, EventTime or TimeCreated; an event without it happens when the one before it does.',
  ],
  async run(input, { output, say, clock }) {
    const paths = [...input.texts('rules'), ...input.operands]
    if (paths.length === 0) throw wrongUse('--rules is missing.')
    const events = input.required('events')
    const sources = await ruleSources(paths)
    const fields = namingOf(input)
    const set = loadRules(sources, { mapping: await fieldMapping(), fields, purpose: 'evaluate' })
    for (const { path, line, message } of problemsOf(set.outcomes, 'fatal')) {
      say(`${path}:${line}: ${printable(message, 400)}`)
    }
    // Order and descent need a host and its processes, which not every event has.
    const stateful = set.rules.filter(({ body }) => !TRIED.has(body.kind))
    for (const { path, line } of stateful.slice(0, STATEFUL_TOLD_MAX)) {
      say(`${path}:${line}: not tried: a rule over several events; see pomona rules test`)
    }
    const engine = new Engine(set.rules, { lookup: 'literal', route: input.flag('route') })
    const correlations = new CorrelationEvaluation(set.rules, 'literal')
    const asJson = input.flag('json')
    const evaluation = new Evaluation({ engine, correlations, clock })
    const printer = new MatchPrinter(output, asJson)
    const startNs = clock.monotonicNs()
    for await (const lines of readLineBytes(events)) {
      evaluation.take(lines, printer)
      await output.drain()
    }
    const seconds = Number(clock.monotonicNs() - startNs) / NS_PER_S
    const summary = {
      kind: 'summary',
      rules: set.counts,
      rules_stateful: stateful.length,
      ...evaluation.summary(seconds),
    }
    if (asJson) output.json(summary)
    for (const sample of evaluation.unreadable) say(`${events}:${sample}`)
    say(
      `${summary.matches} matches in ${summary.events} events with ${set.counts.loaded} rules, ` +
        `${summary.events_per_second} events/s.`,
    )
    return set.counts.failed === 0 ? EXIT.done : EXIT.failed
  },
}

function namingOf(input: Input): FieldNaming {
  const text = input.text('fields') ?? 'ecs'
  const naming = NAMINGS.find((one) => one === text)
  if (naming === undefined) throw wrongUse(`--fields is raw, ecs or sigma, not "${text}".`)
  return naming
}

/** Writes matches. What a rule contributes to its lines is put together once. */
class MatchPrinter {
  readonly #output: Output
  readonly #asJson: boolean
  readonly #parts = new Map<Rule, string>()

  constructor(output: Output, asJson: boolean) {
    this.#output = output
    this.#asJson = asJson
  }

  /** @param event Line number, from 1. */
  print(rule: Rule, event: number): void {
    const part = this.#parts.get(rule) ?? this.#partOf(rule)
    this.#output.line(this.#asJson ? `${part}${event}}` : `${event}${part}`)
  }

  #partOf(rule: Rule): string {
    const part = this.#asJson
      ? `{"rule_id":${JSON.stringify(rule.id)},"event":`
      : `\t${rule.id}\t${printable(rule.name)}`
    this.#parts.set(rule, part)
    return part
  }
}

interface EvaluationParts {
  readonly engine: Engine
  readonly correlations: CorrelationEvaluation
  readonly clock: Clock
}

/** Matches in batches, and keeps the time of that, from bytes to rules, apart. */
class Evaluation {
  /** Places and reasons of the first lines that are no JSON object. */
  readonly unreadable: string[] = []
  readonly #engine: Engine
  readonly #correlations: CorrelationEvaluation
  readonly #clock: Clock
  #timeMs = 0
  #events = 0
  #matches = 0
  #unreadable = 0
  #matchingNs = 0n

  constructor({ engine, correlations, clock }: EvaluationParts) {
    this.#engine = engine
    this.#correlations = correlations
    this.#clock = clock
  }

  take(lines: readonly LineBytes[], printer: MatchPrinter): void {
    const startNs = this.#clock.monotonicNs()
    const matched = lines.map((line) => this.#match(line))
    this.#matchingNs += this.#clock.monotonicNs() - startNs
    for (const [index, line] of lines.entries()) {
      const rules = matched[index]
      if (rules === undefined) {
        this.#refuse(line)
        continue
      }
      this.#events++
      for (const rule of rules) {
        printer.print(rule, line.number)
        this.#matches++
      }
    }
  }

  /** The rules that matched, or `undefined` when the line is no JSON object. */
  #match(line: LineBytes): readonly Rule[] | undefined {
    if (!this.#correlations.isWanted) {
      const matched = this.#engine.matchLine(line)
      if (matched !== undefined) return matched
    }
    const document = parseObject(lineText(line))
    if (document === undefined) return undefined
    const matched = this.#engine.match(document)
    if (!this.#correlations.isWanted) return matched
    this.#timeMs = eventTimeMs(document) ?? this.#timeMs
    const completed = this.#correlations.feed(document, matched, this.#timeMs)
    return [...matched, ...completed].filter(({ silent }) => !silent)
  }

  summary(seconds: number) {
    const matching = Number(this.#matchingNs) / NS_PER_S
    return {
      events: this.#events,
      unreadable: this.#unreadable,
      matches: this.#matches,
      seconds: rounded(seconds),
      events_per_second: rate(this.#events, seconds),
      matching_seconds: rounded(matching),
      matching_events_per_second: rate(this.#events, matching),
    }
  }

  #refuse(line: LineBytes): void {
    this.#unreadable++
    if (this.unreadable.length >= SAMPLES_MAX) return
    const text = printable(lineText(line), 80)
    this.unreadable.push(`${line.number}: not a JSON object: ${text}`)
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    // The caller counts and shows the line.
    return undefined
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000
}

function rate(events: number, seconds: number): number {
  return seconds > 0 ? Math.round(events / seconds) : 0
}
