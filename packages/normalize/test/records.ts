import type { EcsEvent, TenantId } from '@pomona/schema'
import type { RawRecord } from '@pomona/sensor'
import { type HostContext, Normalizer, type NormalizerOptions } from '../src/index.ts'

/** A record's object while a test writes it. */
export type Json = Record<string, unknown>

export const CONTEXT: HostContext = {
  tenantId: 'default' as TenantId, // Any text names a tenant.
  host: { id: 'host-1', name: 'orchard', os_version: '26.1', architecture: 'arm64' },
  bootId: 'boot-1',
  sensor: 'eslogger:1',
}

/** An audit token as an object; `pid` and `pidversion` differ, the rest is a user's own. */
export function token(pid: number, pidversion: number, ids: Json = {}): Json {
  return {
    auid: 501,
    euid: 501,
    egid: 20,
    ruid: 501,
    rgid: 20,
    pid,
    asid: 100_003,
    pidversion,
    ...ids,
  }
}

export interface ProcessShape {
  readonly pid: number
  readonly pidversion: number
  readonly path: string
  readonly parent?: readonly [pid: number, pidversion: number]
  readonly responsible?: readonly [pid: number, pidversion: number]
  readonly more?: Json
}

/**
 * A process object as every message carries it: signed by a team, with a terminal unless `more`
 * says so.
 */
export function processOf({
  pid,
  pidversion,
  path,
  parent,
  responsible,
  more,
}: ProcessShape): Json {
  const [ppid, ppidversion] = parent ?? [1, 2]
  const [rpid, rpidversion] = responsible ?? [pid, pidversion]
  return {
    audit_token: token(pid, pidversion),
    ppid,
    original_ppid: ppid,
    group_id: pid,
    session_id: pid,
    codesigning_flags: 0x2201_0301,
    is_platform_binary: false,
    is_es_client: false,
    cdhash: 'AB'.repeat(20),
    signing_id: 'com.example.tool',
    team_id: 'TEAM123456',
    executable: { path, path_truncated: false },
    tty: null,
    start_time: '2026-03-02T08:00:00.123456Z',
    responsible_audit_token: token(rpid, rpidversion),
    parent_audit_token: token(ppid, ppidversion),
    ...more,
  }
}

export const SHELL = processOf({ pid: 400, pidversion: 900, path: '/bin/zsh' })

/** A message of one event type; `more` replaces top-level keys. */
export function message(name: string, body: unknown, more: Json = {}): Json {
  return {
    schema_version: 1,
    version: 10,
    event_type: 9,
    time: '2026-03-02T08:30:00.000000001Z',
    mach_time: 177_600_514_200,
    seq_num: 3,
    global_seq_num: 7,
    action_type: 1,
    action: { result: { result_type: 0, result: { auth: 0 } } },
    thread: { thread_id: 901 },
    process: SHELL,
    event: { [name]: body },
    ...more,
  }
}

/** The record of a message, as the sensor hands it on. */
export function record(value: Json, sequence = 0): RawRecord {
  return { sequence, text: JSON.stringify(value), value }
}

/** A stream on its way through one normaliser; answers the last event and fails on a drop. */
export class Stream {
  readonly normalizer: Normalizer
  #sequence = 0

  constructor(options: NormalizerOptions = {}) {
    this.normalizer = new Normalizer(CONTEXT, { original: false, ...options })
  }

  send(value: Json): EcsEvent {
    const result = this.normalizer.normalize(record(value, this.#sequence++))
    if (!result.ok) throw new Error(`the record was dropped: ${result.reason}`)
    return result.event
  }
}

/** The event of one message alone. */
export function eventOf(value: Json, options: NormalizerOptions = {}): EcsEvent {
  return new Stream(options).send(value)
}
