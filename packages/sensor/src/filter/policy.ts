import type { Mute } from '@pomona/schema'
import { valueAt, type Glance } from '../eslogger/glance.ts'
import type { EsMessage } from '../eslogger/line.ts'
import { eventName } from '../eslogger/loss.ts'
import { filePaths, filePathsOfText, textBelow } from './file-paths.ts'
import { memberAt } from './json-cursor.ts'
import type { SourceFilter } from './source-filter.ts'

/** What is left out at the source. */
export interface FilterPolicy {
  readonly mutes: readonly Mute[]
  /** Leave out closes of files that were not changed. */
  readonly unmodifiedCloses: boolean
  /** Signals that are kept; all where absent. */
  readonly signals?: readonly number[]
  /** Leave out what this process does with files: its spool would feed itself. */
  readonly ownPid?: number
}

/** SIGKILL, SIGTERM, SIGSTOP and SIGCONT as macOS numbers them. */
const SIGNALS_KEPT = [9, 15, 17, 19]

/**
 * The policy that ships: what no rule can use. More is the business of who runs the fleet, whom
 * `pomona mute plan` tells what it would bring and cost.
 */
export const FILTER_POLICY: FilterPolicy = {
  mutes: [
    {
      reason: 'log_storage',
      types: ['setextattr', 'create', 'close', 'rename', 'unlink', 'truncate'],
      programs: ['/usr/libexec/logd'],
      paths: ['/private/var/db/diagnostics/*', '/private/var/db/uuidtext/*'],
    },
  ],
  unmodifiedCloses: false,
  signals: SIGNALS_KEPT,
}

/** Applies a policy to records, and as far as it is sure to lines. */
export function policyFilter(policy: FilterPolicy): SourceFilter {
  const mutes = new Map<string, Mute[]>()
  for (const mute of policy.mutes) {
    for (const type of mute.types) mutes.set(type, [...(mutes.get(type) ?? []), mute])
  }
  const filter = { policy, mutes }
  return {
    ofLine: (seen, text) => reasonOf(filter, seen.type, lineFacts(seen, text)),
    ofRecord: (message) => {
      const type = eventName(message)
      return reasonOf(filter, type, recordFacts(type, message))
    },
  }
}

interface Prepared {
  readonly policy: FilterPolicy
  readonly mutes: ReadonlyMap<string, readonly Mute[]>
}

/** What the policy asks of an event; undefined where it is not said, or not surely. */
interface Facts {
  program(): string | undefined
  pid(): number | undefined
  paths(): readonly string[]
  /** A whole number or a truth value of the body. */
  plain(key: string): number | boolean | undefined
}

const OWN_TYPES: ReadonlySet<string> = new Set([
  ...['create', 'rename', 'unlink', 'close', 'link', 'clone', 'copyfile', 'truncate'],
  ...['setextattr', 'deleteextattr', 'setmode', 'setflags', 'setowner', 'exchangedata'],
])

function reasonOf({ policy, mutes }: Prepared, type: string, facts: Facts): string | undefined {
  if (type === 'close' && !policy.unmodifiedCloses && isUnmodified(facts)) return 'unmodified'
  if (type === 'signal' && policy.signals !== undefined) {
    const signal = facts.plain('sig')
    if (typeof signal === 'number' && !policy.signals.includes(signal)) return 'signal'
  }
  if (policy.ownPid !== undefined && OWN_TYPES.has(type) && facts.pid() === policy.ownPid) {
    return 'own_process'
  }
  for (const mute of mutes.get(type) ?? []) if (isMuted(mute, facts)) return mute.reason
  return undefined
}

function isUnmodified(facts: Facts): boolean {
  // What was mapped for writing may have been changed without being told.
  return facts.plain('modified') === false && facts.plain('was_mapped_writable') !== true
}

function isMuted({ programs, paths }: Mute, facts: Facts): boolean {
  if (programs !== undefined && !isOneOf(programs, facts.program())) return false
  if (paths === undefined) return true
  const named = facts.paths()
  return named.length > 0 && named.every((path) => isOneOf(paths, path))
}

function isOneOf(patterns: readonly string[], path: string | undefined): boolean {
  if (path === undefined) return false
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern,
  )
}

function recordFacts(type: string, message: EsMessage): Facts {
  const body = valueOf(valueOf(message, 'event'), type)
  return {
    program: () => {
      const path = valueOf(valueOf(valueOf(message, 'process'), 'executable'), 'path')
      return typeof path === 'string' ? path : undefined
    },
    pid: () => {
      const token = valueOf(valueOf(message, 'process'), 'audit_token')
      const pid: unknown = Array.isArray(token) ? token[TOKEN_PID] : valueOf(token, 'pid')
      return typeof pid === 'number' ? pid : undefined
    },
    paths: () => filePaths(type, body),
    plain: (key) => {
      const value = valueOf(body, key)
      return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
    },
  }
}

/** Place of the pid in tokens written as arrays. */
const TOKEN_PID = 5

function valueOf(holder: unknown, key: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
  return Reflect.get(holder, key)
}

function lineFacts({ type }: Glance, text: string): Facts {
  const processAt = () => valueAt(text, '"process"')
  // The glance has found `"event":{"` and the type behind it.
  const bodyAt = () => memberAt(text, { object: valueAt(text, '"event"'), key: type })
  return {
    program: () => textBelow(text, { at: processAt(), keys: ['executable', 'path'] }),
    pid: () => {
      const token = memberAt(text, { object: processAt(), key: 'audit_token' })
      const pid = numberAt(text, memberAt(text, { object: token, key: 'pid' }))
      return typeof pid === 'number' ? pid : undefined
    },
    paths: () => filePathsOfText(text, { type, bodyAt: bodyAt() }),
    plain: (key) => numberAt(text, memberAt(text, { object: bodyAt(), key })),
  }
}

const PLAIN = /true|false|(?:0|[1-9]\d{0,14})(?=[,}])/y

function numberAt(text: string, at: number): number | boolean | undefined {
  if (at < 0) return undefined
  PLAIN.lastIndex = at
  const found = PLAIN.exec(text)?.[0]
  if (found === undefined) return undefined
  return found === 'true' || found === 'false' ? found === 'true' : Number(found)
}
