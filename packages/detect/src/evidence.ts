import type { Alert, AlertProcess, EcsEvent, MatchedPredicate } from '@pomona/schema'

/** What an alert says of an event, whatever rule it is of. */
export interface EventFacts {
  readonly id: string
  readonly time: string
  readonly host: Alert['host']
  readonly user?: NonNullable<Alert['user']>
  /** The actor first, then its parent, then the process acted on; those that are fully named. */
  readonly processes: readonly AlertProcess[]
  /** The acting image and the file, where both are named: what a finding is known by. */
  readonly finding?: { readonly entityId: string; readonly path: string }
}

/** Why a rule, or one step of it, held for an event. Plain data, as slim as an alert allows. */
export interface Evidence {
  readonly facts: EventFacts
  readonly matches: readonly MatchedPredicate[]
  /** Fields of the event that correlations of this rule ask for. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Id of the exception that the event falls under. */
  readonly exceptionId?: string
}

/** An event with what is needed of it read out and checked. */
export interface Subject {
  readonly event: EcsEvent
  readonly eventId: string
  readonly time: string
  readonly hostId: string
}

/** Reads what an alert says of an event. */
export function factsOf({ event, eventId, time, hostId }: Subject, charsMax: number): EventFacts {
  const name = event.host?.name
  const user = userOf(event)
  const path: unknown = event.file?.path
  const entityId: unknown = event.process?.entity_id
  return {
    id: eventId,
    time,
    host: typeof name === 'string' ? { id: hostId, name } : { id: hostId },
    ...(user === undefined ? {} : { user }),
    processes: processesOf(event, charsMax),
    // The types promise texts; the log may hold anything.
    ...(typeof path === 'string' && typeof entityId === 'string'
      ? { finding: { entityId, path } }
      : {}),
  }
}

/** Cuts a text that is too long; it then ends in `…`. */
export function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`
}

// Chosen so that, with what holds it, evidence of a file event comes to what 100,000 open partials
// take of a heap: 1,840 bytes each, two processes and two predicates included.
const OBJECT_BYTES = 100
const CHAR_BYTES = 1

/** Estimates the bytes of a piece of evidence: its texts, and what holds them. */
export function evidenceBytes({ facts, matches, fields }: Evidence): number {
  let bytes = 4 * OBJECT_BYTES + (facts.id.length + facts.time.length) * CHAR_BYTES
  for (const { entity_id: id, name, executable, command_line: line } of facts.processes) {
    const chars = id.length + lengthOf(name) + lengthOf(executable) + lengthOf(line)
    bytes += OBJECT_BYTES + chars * CHAR_BYTES
  }
  for (const { value } of matches) bytes += 2 * OBJECT_BYTES + value.length * CHAR_BYTES
  for (const value of Object.values(fields ?? {})) {
    bytes += OBJECT_BYTES + (typeof value === 'string' ? value.length * CHAR_BYTES : 0)
  }
  return bytes
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length
}

function userOf(event: EcsEvent): Alert['user'] | undefined {
  const id = event.user?.id
  const name = event.user?.name
  if (id === undefined && name === undefined) return undefined
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }
}

interface ProcessFields {
  readonly pid?: number | undefined
  readonly entity_id?: string | undefined
  readonly name?: string | undefined
  readonly executable?: string | undefined
  readonly command_line?: string | undefined
}

interface NamedProcess {
  readonly fields: ProcessFields | undefined
  readonly pidversion: number | undefined
}

function alertProcess({ fields, pidversion }: NamedProcess, charsMax: number): AlertProcess[] {
  const { pid, entity_id: entityId, name, executable, command_line: commandLine } = fields ?? {}
  if (pid === undefined || pidversion === undefined || entityId === undefined) return []
  return [
    {
      pid,
      pidversion,
      entity_id: entityId,
      ...(name === undefined ? {} : { name }),
      ...(executable === undefined ? {} : { executable }),
      ...(typeof commandLine === 'string' ? { command_line: cut(commandLine, charsMax) } : {}),
    },
  ]
}

function processesOf({ process, macos }: EcsEvent, charsMax: number): readonly AlertProcess[] {
  const target = macos?.target?.process
  return [
    ...alertProcess({ fields: process, pidversion: macos?.process?.pidversion }, charsMax),
    ...alertProcess({ fields: process?.parent, pidversion: macos?.parent?.pidversion }, charsMax),
    ...alertProcess({ fields: target, pidversion: target?.pidversion }, charsMax),
  ]
}
