import { Buffer } from 'node:buffer'
import { NetworkDecoder, type NetworkLimits } from '../../src/network/decoder.ts'
import type { NetworkRecord } from '../../src/network/record.ts'
import {
  type CaptureForm,
  type PacketEnd,
  type Sent,
  tcpPacket,
  WrittenCapture,
} from '../../src/testing.ts'

/** A segment as a test writes it: who, which flags, numbers relative to each side's SYN. */
export interface Said {
  readonly by: 'client' | 'server'
  readonly flags: string
  readonly sequence: number
  readonly acknowledgment?: number
  readonly payload?: string | Uint8Array
}

export const CLIENT: PacketEnd = { ip: '10.0.0.2', port: 50_000 }
export const SERVER: PacketEnd = { ip: '192.0.2.80', port: 443 }
const FIRST = { client: 0xffff_ff00, server: 5_000 }

/** Adds a segment of a connection between CLIENT, on this Mac, and SERVER. */
export function say(
  capture: WrittenCapture,
  said: Said,
  sent: Sent & { readonly client?: PacketEnd; readonly server?: PacketEnd },
): void {
  const { by, flags, sequence, acknowledgment, payload = '' } = said
  const { client = CLIENT, server = SERVER, ...at } = sent
  const other = by === 'client' ? 'server' : 'client'
  const direction = by === 'client' ? 'out' : 'in'
  capture.send(
    tcpPacket({
      from: by === 'client' ? client : server,
      to: by === 'client' ? server : client,
      flags,
      sequence: (FIRST[by] + sequence) >>> 0,
      ...(acknowledgment !== undefined && {
        acknowledgment: (FIRST[other] + acknowledgment) >>> 0,
      }),
      payload: Buffer.from(payload),
    }),
    { direction, ...at },
  )
}

/** A capture of a conversation, one millisecond a segment. */
export function conversation(
  segments: readonly Said[],
  options: { readonly form?: CaptureForm; readonly sent?: Partial<Sent> } = {},
): Buffer {
  const capture = new WrittenCapture(options.form)
  for (const [index, said] of segments.entries()) {
    say(capture, said, { atMs: index, pid: 42, name: 'curl', ...options.sent })
  }
  return capture.bytes()
}

/** All records of a capture, and the counts, which must add up. */
export function decode(capture: Uint8Array, limits: NetworkLimits = {}) {
  const decoder = new NetworkDecoder(limits)
  const records: NetworkRecord[] = [...decoder.push(capture), ...decoder.end()]
  const counts = decoder.counts()
  const sum = (values: Readonly<Record<string, number>>): number =>
    Object.values(values).reduce((total, value) => total + value, 0)
  const { packets, flows } = counts
  const problems: string[] = []
  if (packets.sent !== counts.observed + sum(counts.skipped)) problems.push('packets')
  if (flows.opened !== flows.held + flows.ended + flows.unanswered + flows.evicted) {
    problems.push('flows')
  }
  if (sum(counts.records) !== records.length) problems.push('records')
  if (records.some(({ sequence }, index) => sequence !== index)) problems.push('sequence')
  if (problems.length > 0) throw new Error(`Counts do not add up: ${problems.join(', ')}.`)
  return { records, counts }
}

export const SYN: Said = { by: 'client', flags: 'S', sequence: 0 }
export const SYN_ACK: Said = { by: 'server', flags: 'SA', sequence: 0, acknowledgment: 1 }
export const ACK: Said = { by: 'client', flags: 'A', sequence: 1, acknowledgment: 1 }
