import { type Body, valueAt } from './reader.ts'

/**
 * An audit token as read from a record. It is filled again for every record, so never keep one.
 *
 * Two spellings exist and the message version does not tell which is used:
 * an object, or an array in the order `[auid, euid, egid, ruid, rgid, pid, asid, pidversion]`.
 */
export class AuditToken {
  auid = 0
  euid = 0
  egid = 0
  ruid = 0
  rgid = 0
  pid = 0
  asid = 0
  pidversion = 0
}

const TOKEN_LENGTH = 8
/** macOS gives pids up to 99,999; the bound only keeps {@link imageKey} exact. */
const PID_MAX = 0x1f_ffff
const U32_MAX = 0xffff_ffff
const U32_SPAN = 0x1_0000_0000

function u32(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return -1
  return value >= -0x8000_0000 && value <= U32_MAX ? value >>> 0 : -1
}

/**
 * Reads an audit token of either spelling into `token`.
 *
 * @returns False when the value is no token with a pid and a pid version; `token` is then
 *          undefined in content. Ids that are missing or impossible read as -1.
 */
export function readAuditToken(value: unknown, token: AuditToken): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) {
    if (value.length !== TOKEN_LENGTH) return false
    token.auid = u32(value[0])
    token.euid = u32(value[1])
    token.egid = u32(value[2])
    token.ruid = u32(value[3])
    token.rgid = u32(value[4])
    token.pid = u32(value[5])
    token.asid = u32(value[6])
    token.pidversion = u32(value[7])
  } else {
    const fields = value as Body // An object that is no array.
    token.auid = u32(valueAt(fields, 'auid'))
    token.euid = u32(valueAt(fields, 'euid'))
    token.egid = u32(valueAt(fields, 'egid'))
    token.ruid = u32(valueAt(fields, 'ruid'))
    token.rgid = u32(valueAt(fields, 'rgid'))
    token.pid = u32(valueAt(fields, 'pid'))
    token.asid = u32(valueAt(fields, 'asid'))
    token.pidversion = u32(valueAt(fields, 'pidversion'))
  }
  return token.pid >= 0 && token.pid <= PID_MAX && token.pidversion >= 0
}

/** A token's pid, or -1: looked at before the whole token is read. */
export function tokenPid(value: unknown): number {
  return tokenNumber(value, PID)
}

/** A token's pid version, or -1. */
export function tokenPidversion(value: unknown): number {
  return tokenNumber(value, PIDVERSION)
}

interface TokenField {
  readonly key: string
  readonly index: number
}

const PID: TokenField = { key: 'pid', index: 5 }
const PIDVERSION: TokenField = { key: 'pidversion', index: 7 }

function tokenNumber(value: unknown, { key, index }: TokenField): number {
  if (typeof value !== 'object' || value === null) return -1
  // The index of an array, or the key of an object: one of the two spellings.
  return u32(Array.isArray(value) ? value[index] : valueAt(value as Body, key))
}

/** One number for pid and pid version: exact, because 21 and 32 bits fit into 53. */
export function imageKey({ pid, pidversion }: AuditToken): number {
  return pid * U32_SPAN + pidversion
}
