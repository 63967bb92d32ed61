import { Buffer } from 'node:buffer'

/** Where an address lies: 4 bytes of IPv4 or 16 of IPv6. */
export interface AddressPlace {
  readonly view: DataView
  readonly at: number
  readonly version: 4 | 6
}

/** Writes an address in its one canonical form. @see RFC 5952. */
export function addressText({ view, at, version }: AddressPlace): string {
  return version === 4 ? ipv4Text(view, at) : ipv6Text(view, at)
}

function ipv4Text(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`
}

function ipv6Text(view: DataView, at: number): string {
  const groups: number[] = []
  for (let index = 0; index < 8; index++) groups.push(view.getUint16(at + index * 2, false))
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return `::ffff:${ipv4Text(view, at + 12)}`
  const { from, count } = longestZeros(groups)
  const hex = groups.map((group) => group.toString(16))
  if (count < 2) return hex.join(':')
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + count).join(':')}`
}

// The first of the longest runs of zero groups.
function longestZeros(groups: readonly number[]): { from: number; count: number } {
  let longest = { from: 0, count: 0 }
  let count = 0
  for (const [index, group] of groups.entries()) {
    count = group === 0 ? count + 1 : 0
    if (count > longest.count) longest = { from: index - count + 1, count }
  }
  return longest
}

/** The bytes of an address as a text, for keys: short, and unlike that of any other address. */
export function addressKey({ view, at, version }: AddressPlace): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, version === 4 ? 4 : 16)
  return bytes.toString('latin1')
}
