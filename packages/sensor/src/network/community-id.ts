import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { NetworkRecord } from './record.ts'

const PROTOCOLS = { tcp: 6, udp: 17 } as const
const SEED = Buffer.from([0, 0])

/**
 * The Community ID of a connection: the same for both directions, and in every tool that has it.
 *
 * @see Community ID flow hashing, version 1, with seed 0.
 */
export function communityId({
  transport,
  source,
  destination,
}: Pick<NetworkRecord, 'transport' | 'source' | 'destination'>): string {
  const [one, other] = [source, destination].map(({ ip, port }) => ({
    ip: addressBytes(ip),
    port: Buffer.from([port >> 8, port & 0xff]),
  }))
  if (one === undefined || other === undefined) return ''
  const order = Buffer.compare(one.ip, other.ip) || Buffer.compare(one.port, other.port)
  const [first, second] = order <= 0 ? [one, other] : [other, one]
  const hash = createHash('sha1')
  hash.update(SEED).update(first.ip).update(second.ip)
  hash
    .update(Buffer.from([PROTOCOLS[transport], 0]))
    .update(first.port)
    .update(second.port)
  return `1:${hash.digest('base64')}`
}

// Addresses come from `addressText`, so only its own spellings have to be read.
function addressBytes(ip: string): Buffer {
  if (!ip.includes(':')) return Buffer.from(ip.split('.').map(Number))
  const bytes = Buffer.alloc(16)
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(ip)?.[1]
  if (mapped !== undefined) {
    bytes.fill(0xff, 10, 12)
    addressBytes(mapped).copy(bytes, 12)
    return bytes
  }
  const [head = '', tail] = ip.split('::')
  const groups = (side: string): readonly string[] => (side === '' ? [] : side.split(':'))
  const right = groups(tail ?? '')
  for (const [index, group] of groups(head).entries()) write(bytes, index, group)
  for (const [index, group] of right.entries()) write(bytes, 8 - right.length + index, group)
  return bytes
}

function write(bytes: Buffer, index: number, group: string): void {
  bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2)
}
