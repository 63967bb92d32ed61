/** An IP address as 16-bit groups: two for IPv4, eight for IPv6. */
export type Address = readonly number[]

/** An IP network: the address and how many of its leading bits count. */
export interface Network {
  readonly address: Address
  readonly bits: number
}

const TEXT_CHARS_MAX = 64
const OCTET = /^\d{1,3}$/
const GROUP = /^[0-9a-fA-F]{1,4}$/
const BITS = /^\d{1,3}$/

function parseIpv4(text: string): Address | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  const numbers = octets.map((octet) => (OCTET.test(octet) ? Number(octet) : 256))
  const [a = 256, b = 256, c = 256, d = 256] = numbers
  if (numbers.some((octet) => octet > 255)) return undefined
  return [a * 256 + b, c * 256 + d]
}

/** Groups of one side of `::`. The last part of the whole address may be written as IPv4. */
function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const mayBeIpv4 = isLast && index === parts.length - 1
    const tail = mayBeIpv4 && part.includes('.') ? parseIpv4(part) : undefined
    if (tail !== undefined) groups.push(...tail)
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

function parseIpv6(text: string): Address | undefined {
  const sides = text.split('::')
  const head = parseGroups(sides[0] ?? '', sides.length === 1)
  const tail = parseGroups(sides[1] ?? '', true)
  if (head === undefined || tail === undefined || sides.length > 2) return undefined
  const missing = 8 - head.length - tail.length
  if (sides.length === 1) return missing === 0 ? head : undefined
  return missing > 0 ? [...head, ...Array<number>(missing).fill(0), ...tail] : undefined
}

/**
 * Reads an IPv4 or IPv6 address. A zone (`%en0`) is left out; an IPv4 address written in IPv6
 * (`::ffff:192.0.2.1`) is that IPv4 address, so that rules need not name both.
 *
 * @returns `undefined` when the text is no address. Never throws.
 * @see     RFC 4291, section 2.2.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > TEXT_CHARS_MAX) return undefined
  if (!text.includes(':')) return parseIpv4(text)
  const address = parseIpv6(text.split('%', 1)[0] ?? '')
  const isMapped = address?.slice(0, 5).every((group) => group === 0) && address[5] === 0xffff
  return isMapped ? address?.slice(6) : address
}

/**
 * Reads a network in CIDR notation, such as `10.0.0.0/8`; an address alone is a network of one.
 *
 * @returns `undefined` when the text is no network or its prefix is longer than the address.
 */
export function parseNetwork(text: string): Network | undefined {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base)
  if (address === undefined || rest.length > 0) return undefined
  const bits = prefix === undefined ? address.length * 16 : BITS.test(prefix) ? Number(prefix) : -1
  return bits < 0 || bits > address.length * 16 ? undefined : { address, bits }
}

/** True when the address lies in the network. Addresses of the other IP version never do. */
export function networkHolds(network: Network, address: Address): boolean {
  if (address.length !== network.address.length) return false
  let left = network.bits
  for (let index = 0; left > 0; index += 1) {
    const shift = 16 - Math.min(16, left)
    const group = address[index] ?? 0
    if (group >> shift !== (network.address[index] ?? 0) >> shift) return false
    left -= 16
  }
  return true
}
