import { blindness, type BlindRule } from '@pomona/detect'
import { Normalizer } from '@pomona/normalize'
import type { Rule } from '@pomona/rules'
import { type Clock, type Mute, MuteList } from '@pomona/schema'
import {
  eventName,
  filePaths,
  FILTER_POLICY,
  openRecording,
  policyFilter,
  readLine,
  redactRecord,
} from '@pomona/sensor'
import { type Command, EXIT } from '../command-line.ts'
import { loadContent, readText, RULES_SHIPPED } from '../content.ts'
import { CliError } from '../errors.ts'
import { candidatesOf } from '../mute-candidates.ts'
import { MuteTally, programOf, type Amount } from '../mute-tally.ts'
import { type Plan, type PlannedMute, planLines, policySnippet } from '../mute-text.ts'
import { type Recording, recordings } from '../recording.ts'

const TOP = 10
const TOP_MAX = 100
const NS_PER_US = 1_000

/** `pomona mute plan`: what could be left out at the source, and which rules that would blind. */
export const mutePlanCommand: Command = {
  name: 'mute plan',
  summary: 'Show what a recording costs, what could be muted, and which rules that would blind.',
  operands: 'FILE…',
  options: {
    mute: {
      type: 'string',
      value: 'FILE',
      description: 'JSON list of mutes to judge instead of proposed ones.',
    },
    content: {
      type: 'string',
      multiple: true,
      value: 'DIR',
      description: 'Rules that may be blinded; those that ship when absent.',
    },
    top: { type: 'string', value: 'N', description: `Lines of each list; ${TOP} when absent.` },
    json: { type: 'boolean', description: 'One JSON object a line.' },
  },
  notes: ['What the shipped policy leaves out is not counted again.'],
  async run(input, { output, say, clock }) {
    const top = input.number('top', { min: 1, max: TOP_MAX, whole: true }) ?? TOP
    const contents = input.texts('content')
    const { rules } = await loadContent(contents.length === 0 ? [RULES_SHIPPED] : contents)
    const file = input.text('mute')
    const given = file === undefined ? undefined : await readMutes(file)
    const names = recordings({ paths: input.operands, hosts: [] })
    const account = await accountOf(names, { clock, mutes: given ?? [] })
    const { tally, muted, filtered } = account
    const planned =
      given === undefined
        ? proposed(tally, rules.rules)
        : given.map((mute, index) => planOf(rules.rules, mute, muted[index] ?? NOTHING))
    const shown = given === undefined ? planned.slice(0, top) : planned
    const plan = { tally, filtered, planned: shown, rules: rules.rules.length, top }
    if (input.flag('json')) for (const line of jsonLines(plan)) output.json(line)
    else for (const line of planLines(plan)) output.line(line)
    if (!input.flag('json') && shown.length > 0 && given === undefined) {
      output.line(policySnippet(shown.map(({ mute }) => mute)))
    }
    await output.drain()
    if (tally.total.events > 0) return EXIT.done
    say('The recording holds no eslogger record.')
    return EXIT.failed
  },
}

const NOTHING: Amount = { events: 0, bytes: 0, cpuUs: 0 }

function planOf(rules: readonly Rule[], mute: Mute, amount: Amount): PlannedMute {
  return { mute, amount, rules: blindness(rules, [mute]) }
}

// What blinds nothing first; of the same, what leaves out most.
function proposed(tally: MuteTally, rules: readonly Rule[]): readonly PlannedMute[] {
  return candidatesOf(tally.places(), tally.total)
    .map(({ mute, amount }) => planOf(rules, mute, amount))
    .toSorted((one, other) => costOf(one) - costOf(other))
}

function costOf({ rules }: PlannedMute): number {
  return rules.filter(({ effect }) => effect !== 'loses_context').length
}

async function readMutes(path: string): Promise<readonly Mute[]> {
  const parsed = MuteList.safeParse(listIn(await readText(path), path))
  if (parsed.success) return parsed.data
  const why = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new CliError('ERR_CLI_FILE', `${path} is no list of mutes: ${why.join('; ')}`)
}

// As the command prints them, or the list alone.
function listIn(text: string, path: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    const isHolder = typeof value === 'object' && value !== null && Object.hasOwn(value, 'mutes')
    return isHolder ? Reflect.get(value, 'mutes') : value
  } catch (cause) {
    throw new CliError('ERR_CLI_FILE', `${path} is no JSON: ${String(cause)}`, { cause })
  }
}

interface Account {
  readonly tally: MuteTally
  readonly filtered: number
  /** What each given mute leaves out. */
  readonly muted: readonly Amount[]
}

async function accountOf(
  names: readonly Recording[],
  { clock, mutes }: { readonly clock: Clock; readonly mutes: readonly Mute[] },
): Promise<Account> {
  const tally = new MuteTally()
  const shipped = policyFilter(FILTER_POLICY)
  const filters = mutes.map((mute) => policyFilter({ mutes: [mute], unmodifiedCloses: true }))
  const muted = mutes.map(() => ({ ...NOTHING }))
  let filtered = 0
  for (const { path, context } of names) {
    const normalizer = new Normalizer(context)
    for await (const read of await openRecording(path)) {
      if (!read.ok) continue
      const { value, text } = read.record
      if (shipped.ofRecord(value) !== undefined) {
        filtered += 1
        continue
      }
      const fromNs = clock.monotonicNs()
      // The agent's own way: read, blank out, normalise.
      const again = readLine(text, read.record.sequence)
      if (again.ok) normalizer.normalize(redactRecord(again.record).record)
      const cpuUs = Number(clock.monotonicNs() - fromNs) / NS_PER_US
      const bytes = Buffer.byteLength(text)
      const type = eventName(value)
      const event: unknown = value['event']
      const body: unknown =
        typeof event === 'object' && event !== null ? Reflect.get(event, type) : undefined
      tally.add({ type, program: programOf(value), paths: filePaths(type, body), bytes, cpuUs })
      for (const [index, filter] of filters.entries()) {
        const amount = muted[index]
        if (amount === undefined || filter.ofRecord(value) === undefined) continue
        muted[index] = {
          events: amount.events + 1,
          bytes: amount.bytes + bytes,
          cpuUs: amount.cpuUs + cpuUs,
        }
      }
    }
  }
  return { tally, filtered, muted }
}

function* jsonLines({ tally, filtered, planned, rules, top }: Plan): Generator<object> {
  for (const [name, amount] of tally.types()) yield { kind: 'type', name, ...shown(amount) }
  for (const [name, amount] of tally.programs().slice(0, top)) {
    yield { kind: 'program', name, ...shown(amount) }
  }
  for (const { mute, amount, rules: blind } of planned) {
    const ids = (effect: BlindRule['effect']): readonly string[] =>
      blind.filter((one) => one.effect === effect).map(({ rule }) => rule.id)
    yield {
      kind: 'mute',
      mute,
      ...shown(amount),
      blinded: ids('blinded'),
      may_be_blinded: ids('may_be_blinded'),
      loses_context: ids('loses_context'),
    }
  }
  yield { kind: 'summary', ...shown(tally.total), filtered, rules }
}

function shown({ events, bytes, cpuUs }: Amount): object {
  return { events, bytes, cpu_us: Math.round(cpuUs) }
}
