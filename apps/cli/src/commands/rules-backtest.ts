import { backtest, type BacktestResult } from '@pomona/investigate'
import { problemsOf, type Rule, type RuleException } from '@pomona/rules'
import type { Alert, HostId } from '@pomona/schema'
import { type Command, EXIT, type Input, type Terminal } from '../command-line.ts'
import { loadContent, RULES_SHIPPED } from '../content.ts'
import { wrongUse } from '../errors.ts'
import { forecastLines } from '../forecast-text.ts'
import { HISTORY_SOURCES, type HistorySource, openHistory } from '../history.ts'
import { printable } from '../printable.ts'
import { RANGE_OPTIONS, timeRange } from '../time-range.ts'

const EVENTS_MAX = 1_000_000_000
const SECONDS_MAX = 86_400

/** `pomona rules backtest`: what rules would have said about the events a server kept. */
export const rulesBacktestCommand: Command = {
  name: 'rules backtest',
  summary: 'Evaluate rules on the events a server kept and forecast their alerts.',
  operands: '[PATH…]',
  options: {
    data: {
      type: 'string',
      value: 'DIR',
      description: 'Data directory of the server. Default data.',
    },
    content: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      description: 'Rules or a content directory, as an argument is. Default the shipped one.',
    },
    ...RANGE_OPTIONS,
    host: {
      type: 'string',
      multiple: true,
      value: 'ID',
      description: 'Only this Mac, by host.id.',
    },
    source: {
      type: 'string',
      value: HISTORY_SOURCES.join('|'),
      description: 'The event store, or the log, which can be read while the server runs.',
    },
    'events-max': {
      type: 'string',
      value: 'N',
      description: 'Events to evaluate at most. Default 5000000.',
    },
    'seconds-max': {
      type: 'string',
      value: 'N',
      description: 'Seconds to take at most. Default 600.',
    },
    exceptions: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      description: 'File or folder of more exceptions to try, such as a proposed one.',
    },
    alerts: { type: 'boolean', description: 'With --json: every alert too, before the rules.' },
    json: { type: 'boolean', description: 'One JSON object a rule, and a summary last.' },
  },
  notes: [
    'The event store belongs to one process. While a server runs on the folder the log is read instead: the same events, but all of them have to be unpacked.',
    'The exceptions of the content directory apply, as on a server; what they hide is counted.',
    'Nothing is changed, and no alert is stored. Exit code 1 when a rule or an exception cannot be loaded.',
  ],
  async run(input, terminal) {
    const source = sourceOf(input)
    const range = {
      ...timeRange(input, terminal.clock),
      // Hosts are compared with these texts only.
      ...(input.texts('host').length === 0 ? {} : { hostIds: input.texts('host') as HostId[] }),
    }
    const limits = limitsOf(input)
    const { rules, exceptions, failed } = await loaded(input, terminal)
    const { history, note, close } = await openHistory(input.text('data') ?? 'data', source)
    try {
      if (note !== undefined) terminal.say(note)
      const { clock, signal, output } = terminal
      const onAlert =
        input.flag('json') && input.flag('alerts')
          ? (alert: Alert): void => output.json(described(alert))
          : undefined
      const result = await backtest({
        ...{ rules, history, range, clock, signal, limits },
        detector: { exceptions },
        ...(onAlert === undefined ? {} : { onAlert }),
      })
      await print(result, input.flag('json'), terminal)
    } finally {
      await close()
    }
    return failed === 0 ? EXIT.done : EXIT.failed
  },
}

function sourceOf(input: Input): HistorySource {
  const text = input.text('source') ?? 'auto'
  const source = HISTORY_SOURCES.find((one) => one === text)
  if (source === undefined) throw wrongUse(`--source is auto, events or log, not "${text}".`)
  return source
}

function limitsOf(input: Input) {
  const eventsMax = input.number('events-max', { min: 1, max: EVENTS_MAX, whole: true })
  const secondsMax = input.number('seconds-max', { min: 1, max: SECONDS_MAX })
  return {
    ...(eventsMax === undefined ? {} : { eventsMax }),
    ...(secondsMax === undefined ? {} : { secondsMax }),
  }
}

interface Loaded {
  readonly rules: readonly Rule[]
  readonly exceptions: readonly RuleException[]
  /** Rules and exceptions that could not be loaded. */
  readonly failed: number
}

async function loaded(input: Input, { say }: Terminal): Promise<Loaded> {
  const named = [...input.texts('content'), ...input.operands]
  const content = await loadContent(named.length === 0 ? [RULES_SHIPPED] : named, {
    exceptions: input.texts('exceptions'),
  })
  const { rules, outcomes, counts } = content.rules
  const { exceptions, problems } = content.exceptions
  for (const { path, line, message } of [...problemsOf(outcomes, 'fatal'), ...problems]) {
    say(`${path}:${line}: ${printable(message, 400)}`)
  }
  return { rules, exceptions, failed: counts.failed + problems.length }
}

function described({ id, rule_id: ruleId, severity, time, host, events }: Alert): object {
  return { kind: 'alert', id, rule_id: ruleId, severity, time, host: host.id, events }
}

const ENDS: Readonly<Record<BacktestResult['ended'], string>> = {
  complete: '',
  events_max: ' Ended early: --events-max was reached.',
  seconds_max: ' Ended early: --seconds-max was reached.',
  stopped: ' Ended early: it was told to stop.',
}

// oxlint-disable-next-line max-params -- what, how, where
async function print(result: BacktestResult, asJson: boolean, terminal: Terminal): Promise<void> {
  const { output, say } = terminal
  const { coverage, candidates, seconds, ended, source, counts } = result
  if (asJson) {
    for (const forecast of result.forecasts) output.json({ kind: 'forecast', ...forecast })
    output.json({
      kind: 'summary',
      source,
      ended,
      rules: result.forecasts.length,
      events: coverage.events,
      hosts: coverage.hosts,
      host_days: coverage.hostDays,
      first: coverage.first,
      last: coverage.last,
      candidates,
      alerts: counts.alerts,
      excepted: result.excepted,
      rules_widened: result.widened,
      seconds: Math.round(seconds * 1_000) / 1_000,
    })
  } else for (const line of forecastLines(result)) output.line(line)
  await output.drain()
  const from = source === 'events' ? 'the event store' : 'the log'
  say(
    `${counts.alerts} alerts of ${result.forecasts.length} rules on ${coverage.events} events of ` +
      `${coverage.hosts} Macs (${coverage.hostDays} days of one Mac) from ${from}; ${candidates} were ` +
      `evaluated in ${seconds.toFixed(1)} s.${ENDS[ended]}`,
  )
}
