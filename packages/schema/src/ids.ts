import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

/** One customer, or one part of an organisation, whose data is kept apart. */
export type TenantId = Id<'TenantId'>
/** One Mac: its hardware UUID, as its agent states it. */
export type HostId = Id<'HostId'>
/** One boot session of one Mac. */
export type BootId = Id<'BootId'>
/** One run of one sensor on one boot of one host: the stream that a sequence counts in. */
export type StreamId = Id<'StreamId'>
/** One record of one stream. */
export type EventId = Id<'EventId'>
/** One process image: what runs under a pid between two execs. */
export type ProcessEntityId = Id<'ProcessEntityId'>
/** One finding of one rule, however often it is computed. */
export type AlertId = Id<'AlertId'>
/** One rule, over all its versions. */
export type RuleId = Id<'RuleId'>

/** The tenant of an installation that has only one. */
export const TENANT_DEFAULT = 'default' as TenantId

const ID_HEX_LENGTH = 32

/**
 * Hashes compound identity into 32 hex digits (128 bits of SHA-256).
 * Each field is prefixed with its length in UTF-8 bytes, so that ("a1","23") and ("a12","3")
 * differ.
 */
export function deriveId(kind: string, fields: readonly string[]): string {
  const hash = sha256.create()
  for (const field of [kind, ...fields]) hash.update(prefixed(field))
  return bytesToHex(hash.digest()).slice(0, ID_HEX_LENGTH)
}

/** What identifies one run of one sensor. `sensor` names the sensor and its run. */
export interface StreamIdentity {
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly bootId: BootId
  readonly sensor: string
}

/** Derives the id of a sensor's run; hashed once a stream, not once an event. */
export function streamId(identity: StreamIdentity): StreamId {
  const { tenantId, hostId, bootId, sensor } = identity
  return deriveId('stream', [tenantId, hostId, bootId, sensor]) as StreamId
}

/**
 * Derives an event's id: its stream's hash, then the sequence in decimal.
 * Unambiguous because the hash has a fixed length; sorts by nothing, means nothing else.
 *
 * @param sequence Position in the stream, a whole number from 0.
 */
export function eventId(stream: StreamId, sequence: number): EventId {
  return `${stream}-${sequence}` as EventId
}

/**
 * What identifies one process image: a pid alone is reused, `exec` keeps it and bumps the version.
 */
export interface ProcessIdentity {
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly bootId: BootId
  readonly pid: number
  readonly pidversion: number
}

/** Derives a process image's entity id. */
export function processEntityId(identity: ProcessIdentity): ProcessEntityId {
  const { tenantId, hostId, bootId, pid, pidversion } = identity
  const fields = [tenantId, hostId, bootId, String(pid), String(pidversion)]
  // The brand only says what the hash is of.
  return deriveId('process', fields) as ProcessEntityId
}

/** The part of {@link ProcessIdentity} that stays the same while a Mac runs. */
export type BootIdentity = Omit<ProcessIdentity, 'pid' | 'pidversion'>

/**
 * Prepares {@link processEntityId} for one boot of one host: the constant fields are hashed once.
 *
 * @returns A function with the same results as `processEntityId`, several times as fast.
 */
export function processEntityIds(
  boot: BootIdentity,
): (image: Pick<ProcessIdentity, 'pid' | 'pidversion'>) => ProcessEntityId {
  const prefix = sha256.create()
  for (const field of ['process', boot.tenantId, boot.hostId, boot.bootId]) {
    prefix.update(prefixed(field))
  }
  // One state and one buffer serve all ids: cloning them anew costs as much as the hashing.
  const scratch = prefix.clone()
  const digest = new Uint8Array(prefix.outputLen)
  return ({ pid, pidversion }) => {
    const version = String(pidversion)
    const text = prefixedText(String(pid)) + prefixedText(version)
    // oxlint-disable-next-line no-underscore-dangle -- the library's public name
    prefix._cloneInto(scratch).update(asciiBytes(text)).digestInto(digest)
    return bytesToHex(digest).slice(0, ID_HEX_LENGTH) as ProcessEntityId
  }
}

function prefixed(field: string): Uint8Array {
  return isAscii(field) ? asciiBytes(prefixedText(field)) : utf8Prefixed(utf8ToBytes(field))
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) > 127) return false
  return true
}

function prefixedText(ascii: string): string {
  return `${ascii.length}:${ascii}`
}

// Nearly all fields are short ASCII, for which a loop beats the encoder many times over.
function asciiBytes(ascii: string): Uint8Array {
  const bytes = new Uint8Array(ascii.length)
  for (let index = 0; index < ascii.length; index += 1) bytes[index] = ascii.charCodeAt(index)
  return bytes
}

function utf8Prefixed(bytes: Uint8Array): Uint8Array {
  const length = utf8ToBytes(`${bytes.length}:`)
  const joined = new Uint8Array(length.length + bytes.length)
  joined.set(length)
  joined.set(bytes, length.length)
  return joined
}

/** What makes two alerts the same alert, whenever and however often they are computed. */
export interface AlertIdentity {
  readonly ruleId: RuleId
  readonly ruleVersion: string
  readonly tenantId: TenantId
  /** Host id, or the group key of a correlation across hosts. */
  readonly groupKey: string
  readonly eventIds: readonly EventId[]
}

/** Derives an alert's id, so that a replay or a second delivery produces the same alert. */
export function alertId(identity: AlertIdentity): AlertId {
  const { ruleId, ruleVersion, tenantId, groupKey, eventIds } = identity
  return deriveId('alert', [ruleId, ruleVersion, tenantId, groupKey, ...eventIds]) as AlertId
}
