import type { BlindEffect, BlindRule } from '@pomona/detect'
import type { Mute } from '@pomona/schema'
import type { Amount, MuteTally } from './mute-tally.ts'
import { printable } from './printable.ts'

/** What a mute would bring and cost. */
export interface PlannedMute {
  readonly mute: Mute
  readonly amount: Amount
  readonly rules: readonly BlindRule[]
}

/** Everything a plan says. */
export interface Plan {
  readonly tally: MuteTally
  /** Left out by the shipped policy. */
  readonly filtered: number
  readonly planned: readonly PlannedMute[]
  /** Rules that were looked at. */
  readonly rules: number
  readonly top: number
}

const NAME_WIDTH = 44
const RULES_SHOWN = 12
const MEBIBYTE = 1024 * 1024

/** A plan as people read it. */
export function planLines({ tally, filtered, planned, rules, top }: Plan): readonly string[] {
  const { total } = tally
  const table = (rows: readonly (readonly [string, Amount])[]): readonly string[] =>
    rows.slice(0, top).map(([name, amount]) => row(name, amount, total))
  const heads = `${'events'.padStart(10)} ${'share'.padStart(7)} ${'MiB'.padStart(9)} ${'CPU'.padStart(7)}`
  return [
    `${total.events} events, ${mebibytes(total.bytes)} MiB, ${seconds(total.cpuUs)} s of processor ` +
      `time to read, blank out and normalise; ${filtered} more the shipped policy leaves out.`,
    '',
    `${'By type'.padEnd(NAME_WIDTH)} ${heads}`,
    ...table(tally.types()),
    '',
    `${'By program'.padEnd(NAME_WIDTH)} ${heads}`,
    ...table(tally.programs()),
    '',
    planned.length === 0
      ? 'Nothing stands out: no program does the same over and over in one folder.'
      : `Mutes, judged by ${rules} rules`,
    ...planned.flatMap((one, index) => muteLines(one, { number: index + 1, total })),
  ]
}

/** What to put into the agent's configuration. */
export function policySnippet(mutes: readonly Mute[]): string {
  return [
    '',
    'Into the file of the agent’s configuration, or as `policy` of the roll-out, after striking out',
    'what must not be muted:',
    JSON.stringify({ mutes }, null, 2),
  ].join('\n')
}

function muteLines(
  { mute, amount, rules }: PlannedMute,
  { number, total }: { readonly number: number; readonly total: Amount },
): readonly string[] {
  const { programs = ['every program'], paths = ['everywhere'], types } = mute
  const where = `${programs.join(', ')} in ${paths.join(', ')}`
  const named = (effect: BlindEffect): string => {
    const found = rules.filter((one) => one.effect === effect).map(({ rule }) => rule)
    const first = found.slice(0, RULES_SHOWN).map(({ name, severity }) => `${name} (${severity})`)
    const more = found.length > RULES_SHOWN ? `, and ${found.length - RULES_SHOWN} more` : ''
    return found.length === 0 ? 'none' : printable(`${first.join(', ')}${more}`, 2_000)
  }
  const context = rules.filter(({ effect }) => effect === 'loses_context').length
  return [
    '',
    `${number}. ${printable(where, 300)}`,
    `   ${share(amount.events, total.events)} of the events, ${share(amount.cpuUs, total.cpuUs)} of ` +
      `the processor time: ${types.join(', ')}`,
    `   blinds          ${named('blinded')}`,
    `   may blind       ${named('may_be_blinded')}`,
    `   takes context   from ${context} rules, about processes older than the agent`,
  ]
}

// oxlint-disable-next-line max-params -- a row of one table: its name, what it came to, of what
function row(name: string, amount: Amount, total: Amount): string {
  const short = name.length > NAME_WIDTH ? `…${name.slice(1 - NAME_WIDTH)}` : name
  return [
    printable(short, NAME_WIDTH).padEnd(NAME_WIDTH),
    String(amount.events).padStart(10),
    share(amount.events, total.events).padStart(7),
    mebibytes(amount.bytes).padStart(9),
    share(amount.cpuUs, total.cpuUs).padStart(7),
  ].join(' ')
}

function share(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1)
}

function seconds(us: number): string {
  return (us / 1e6).toFixed(2)
}
