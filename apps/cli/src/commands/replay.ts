import { Detector } from '@pomona/detect'
import { problemsOf, type RuleException, type RuleSet } from '@pomona/rules'
import { type Alert, SEVERITIES } from '@pomona/schema'
import { type Command, EXIT, type Input, type Terminal } from '../command-line.ts'
import { isFolder, loadContent, type LoadedContent, RULES_SHIPPED } from '../content.ts'
import { printable } from '../printable.ts'
import { RecordedEvents, type Recording, recordings, unreadLines } from '../recording.ts'
import { incidentDocument, incidentText, ReplayIncidents } from '../replay-incidents.ts'
import { ReplaySummary } from '../replay-summary.ts'

/** `pomona replay`: what the rules say about recorded streams, without a server. */
export const replayCommand: Command = {
  name: 'replay',
  summary: 'Evaluate the rules on recorded eslogger streams; print the alerts and incidents.',
  operands: 'FILE…',
  options: {
    host: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'Name of the Mac; once for all files, or once a file.',
    },
    content: {
      type: 'string',
      multiple: true,
      value: 'DIR',
      description: 'Rules, or a content directory, instead of the shipped one. More may follow it.',
    },
    network: {
      type: 'string',
      multiple: true,
      value: 'CAPTURE',
      description: 'Packet capture of the same time, joined to the recording; once a file.',
    },
    json: {
      type: 'boolean',
      description: 'One JSON object an alert, then an incident, and a summary last.',
    },
  },
  notes: [
    'Each file is one stream and one boot; all are of the same Mac unless --host says otherwise.',
    'Recordings may be compressed with gzip or zstd.',
    'The exceptions of the content directory apply; the summary counts what they hid.',
  ],
  async run(input, terminal) {
    const { content, paths } = await sorted(input)
    const files = recordings({
      paths,
      hosts: input.texts('host'),
      captures: input.texts('network'),
    })
    const { rules, exceptions } = await loaded(content, terminal)
    const asJson = input.flag('json')
    const summary = new ReplaySummary({ rules: rules.counts, clock: terminal.clock })
    const incidents = new ReplayIncidents()
    const shared = { rules, exceptions: exceptions.exceptions, summary, incidents }
    for (const file of files) await replay(file, { ...shared, asJson, terminal })
    await printIncidents(incidents, { summary, asJson, terminal })
    if (asJson) terminal.output.json(summary.document())
    else terminal.output.line(summary.text())
    return summary.failures.length === 0 ? EXIT.done : EXIT.failed
  },
}

/** A recording is never a folder: the folders among the arguments belong to `--content`. */
async function sorted(input: Input): Promise<Record<'content' | 'paths', readonly string[]>> {
  const content = [...input.texts('content')]
  if (content.length === 0) return { content, paths: input.operands }
  const paths: string[] = []
  for (const operand of input.operands) {
    if (await isFolder(operand)) content.push(operand)
    else paths.push(operand)
  }
  return { content, paths }
}

async function loaded(content: readonly string[], { say }: Terminal): Promise<LoadedContent> {
  const found = await loadContent(content.length === 0 ? [RULES_SHIPPED] : content)
  const problems = [...problemsOf(found.rules.outcomes, 'fatal'), ...found.exceptions.problems]
  for (const { path, line, message } of problems) {
    say(`${path}:${line}: ${printable(message, 400)}`)
  }
  return found
}

interface Replay {
  readonly rules: RuleSet
  readonly exceptions: readonly RuleException[]
  readonly summary: ReplaySummary
  readonly incidents: ReplayIncidents
  readonly asJson: boolean
  readonly terminal: Terminal
}

/** One file. What is wrong with it is said and kept in the summary; the other files go on. */
async function replay(
  file: Recording,
  { rules, exceptions, summary, incidents, asJson, terminal }: Replay,
): Promise<void> {
  const { output, say } = terminal
  const detector = new Detector(rules.rules, { exceptions })
  const tell = (alerts: readonly Alert[]): void => {
    for (const alert of alerts) {
      summary.alert(alert)
      if (asJson) incidents.hold(described(alert))
      else for (const line of sentences(alert)) output.line(line)
    }
    if (incidents.isFull) for (const held of incidents.release()) output.json(held)
  }
  const recorded = await opened(file, summary)
  if (recorded === undefined) return
  try {
    for await (const events of recorded.batches()) {
      for (const event of events) {
        summary.event(event)
        const alerts = detector.process(event)
        incidents.observe(event, alerts)
        tell(alerts)
        summary.excepted(detector.takeExcepted())
      }
      await output.drain()
    }
  } catch (error) {
    if (!isCoded(error, 'ERR_RECORDING')) throw error
    summary.failures.push(error.message)
  }
  const last = detector.end()
  incidents.add(last)
  tell(last)
  summary.excepted(detector.takeExcepted())
  summary.recording(file, recorded.counts())
  summary.detection(detector.counts())
  for (const line of unreadLines(file, recorded)) say(line)
}

async function opened(
  file: Recording,
  summary: ReplaySummary,
): Promise<RecordedEvents | undefined> {
  try {
    // Alerts name events by id, so the raw record is not kept.
    return await RecordedEvents.open(file, { original: false })
  } catch (error) {
    if (!isCoded(error, 'ERR_RECORDING')) throw error
    summary.failures.push(error.message)
    return undefined
  }
}

function isCoded(error: unknown, prefix: string): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return typeof error.code === 'string' && error.code.startsWith(prefix)
}

/** An alert in the form that scripts rely on, still without its `incident_id`. */
function described(alert: Alert) {
  return {
    kind: 'alert' as const,
    id: alert.id,
    rule_id: alert.rule_id,
    rule_name: alert.rule_name,
    severity: alert.severity,
    techniques: alert.techniques.map(({ id }) => id),
    time: alert.time,
    host: alert.host.name ?? alert.host.id,
    processes: alert.processes.map(({ pid, pidversion }) => ({ pid, pidversion })),
    events: alert.events,
  }
}

/** Alerts in JSON wait for the end: only then is it known which incidents are one. */
async function printIncidents(
  incidents: ReplayIncidents,
  { summary, asJson, terminal }: Pick<Replay, 'summary' | 'asJson' | 'terminal'>,
): Promise<void> {
  const { output } = terminal
  for (const held of incidents.release()) output.json(held)
  const found = incidents.incidents()
  for (const booked of found) {
    summary.incident(booked.incident)
    if (asJson) output.json(incidentDocument(booked))
  }
  if (!asJson) for (const line of incidentText(found)) output.line(line)
  await output.drain()
}

const SEVERITY_WIDTH = Math.max(...SEVERITIES.map(({ length }) => length))

function sentences(alert: Alert): readonly string[] {
  const [actor] = alert.processes
  const techniques = alert.techniques.map(({ id }) => id).join(' ')
  const process =
    actor === undefined ? '' : `${actor.executable ?? actor.name ?? '?'}[${actor.pid}]`
  const indent = ' '.repeat(SEVERITY_WIDTH + 2)
  const head = `${alert.severity.toUpperCase().padEnd(SEVERITY_WIDTH)}  ${alert.rule_name}`
  const place = `${alert.time}  ${alert.host.name ?? alert.host.id}  ${process}`
  const why = alert.matches
    .slice(0, 3)
    .map(({ field, operator, value }) => `${field} ${operator} ${printable(value, 100)}`)
  return [
    `${head}  ${techniques}`.trimEnd(),
    ...[place, ...why].map((line) => indent + printable(line, 240)),
  ]
}
