import { Engine } from '@pomona/detect'
import { type Expression, parseSigmaText, type Predicate, type Rule } from '@pomona/rules'
import { deriveId, type EcsEvent } from '@pomona/schema'
import type { Cause, CauseShare, CauseSigner } from './cause.ts'
import { type DailyAlerts, dailyAlerts } from './daily-alerts.ts'

/** What is kept of an alert: enough to try an exception on it. */
export interface KeptAlert {
  readonly host: string
  /** `2026-01-31` and the host. */
  readonly hostDay: string
  /** Of the event that completed it; absent when that was not at hand any more. */
  readonly event?: EcsEvent
}

/** An exception that would take the most frequent harmless cause of a rule away. */
export interface Proposal {
  readonly cause: Cause
  /** Field and Sigma string, or boolean, that all have to hold. */
  readonly fields: Readonly<Record<string, string | boolean>>
  /**
   * The same as the file of an exception. Owner and reason are left for a person to fill in;
   * without them it is refused.
   */
  readonly document: string
  /** Alerts it was tried on; the first of the rule, when not all were kept. */
  readonly tried: number
  readonly removes: number
  readonly keeps: {
    readonly alerts: number
    readonly hosts: number
    readonly per_host_day: DailyAlerts
  }
}

/** Of what a proposal is made. */
export interface ProposalOptions {
  readonly rule: Rule
  /** The most frequent first. */
  readonly causes: readonly CauseShare[]
  readonly kept: readonly KeptAlert[]
  readonly hostDays: number
}

const ALERTS_MIN = 3
const SHARE_MIN = 0.2
/** Signers that a program on the disk cannot claim to be without their key. */
const VOUCHED: ReadonlySet<CauseSigner> = new Set(['platform', 'developer'])

/**
 * Proposes an exception for the most frequent cause that somebody's signature vouches for, and
 * tries it, on the engine, on the alerts themselves.
 *
 * @returns `undefined` when there is none: an exception that goes by the name or place of an
 *          unsigned program would let in whatever takes that name.
 */
export function propose(options: ProposalOptions): Proposal | undefined {
  const { rule, causes, kept, hostDays } = options
  const found = causes.find(
    ({ cause, alerts, share }) => alerts >= ALERTS_MIN && share >= SHARE_MIN && isVouched(cause),
  )
  if (found === undefined) return undefined
  const fields = fieldsOf(found.cause)
  const engine = new Engine([{ ...rule, body: bodyOf(fields) }])
  const tried = kept.filter(({ event }) => event !== undefined)
  const left = tried.filter(({ event = {} }) => engine.match(event).length === 0)
  const days = Map.groupBy(left, ({ hostDay }) => hostDay)
  return {
    cause: found.cause,
    fields,
    document: exceptionDocument(rule, fields),
    tried: tried.length,
    removes: tried.length - left.length,
    keeps: {
      alerts: left.length,
      hosts: new Set(left.map(({ host }) => host)).size,
      per_host_day: dailyAlerts(
        [...days.values()].map(({ length }) => length),
        hostDays,
      ),
    },
  }
}

// A program of macOS does what it is told, by whomever: only the application that told it, or the
// file it was about, tells one use from another.
function isVouched(cause: Cause): boolean {
  const { signer, signing_id: id, process, parent_team_id: parentTeam, file } = cause
  if (!VOUCHED.has(signer) || id === undefined || process === undefined) return false
  return signer === 'developer' || parentTeam !== undefined || file !== undefined
}

function fieldsOf(cause: Cause): Proposal['fields'] {
  const { signing_id: signingId, team_id: teamId, process, parent, file, signer } = cause
  const { parent_team_id: parentTeamId } = cause
  return {
    ...(signer === 'platform' ? { 'macos.process.platform_binary': true } : {}),
    ...(teamId === undefined ? {} : { 'process.code_signature.team_id': escaped(teamId) }),
    ...(signingId === undefined ? {} : { 'process.code_signature.signing_id': escaped(signingId) }),
    ...(process === undefined ? {} : { 'process.executable': process }),
    ...(parent === undefined ? {} : { 'process.parent.executable': parent }),
    ...(parentTeamId === undefined
      ? {}
      : { 'process.parent.code_signature.team_id': escaped(parentTeamId) }),
    ...(file === undefined ? {} : { 'file.path': file }),
  }
}

// Names and paths come from endpoints and rules: JSON's texts are YAML's, whatever they hold.
function exceptionDocument(rule: Rule, fields: Proposal['fields']): string {
  const { id, name } = rule
  const selection = Object.entries(fields).map(
    ([field, value]) => `    ${field}: ${JSON.stringify(value)}`,
  )
  return [
    `title: ${JSON.stringify(`Exception to ${name}`)}`,
    `id: ${uuidOf(deriveId('exception', [id, JSON.stringify(fields)]))}`,
    "owner: '' # who answers for it",
    "reason: '' # why it is harmless",
    `rules: [${JSON.stringify(id)}]`,
    'detection:',
    '  known:',
    ...selection,
    '  condition: known',
    '',
  ].join('\n')
}

/** An id of the form Sigma wants, of a hash: version 8 of RFC 9562 is free for that. */
function uuidOf(hash: string): string {
  const [a, b, c, d, e] = [
    [0, 8],
    [8, 12],
    [13, 16],
    [17, 20],
    [20, 32],
  ].map(([from, to]) => hash.slice(from, to))
  return `${a}-${b}-8${c}-8${d}-${e}`
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*?]/g, '\\$&')
}

function bodyOf(fields: Proposal['fields']): Rule['body'] {
  const operands = Object.entries(fields).map(([field, value]): Expression => {
    return {
      kind: 'test',
      predicate: predicateOf(field, value),
      selection: 'known',
      at: { line: 1, column: 1 },
    }
  })
  return { kind: 'event', gate: { events: [] }, expression: { kind: 'and', operands } }
}

function predicateOf(field: string, value: string | boolean): Predicate {
  const named = { field, written: field, operator: 'equals', value: String(value) }
  if (typeof value === 'boolean') return { ...named, test: { kind: 'boolean', value } }
  return { ...named, test: { kind: 'pattern', pattern: parseSigmaText(value), cased: false } }
}
