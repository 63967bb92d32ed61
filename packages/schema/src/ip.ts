const OCTET = /^(?:0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-fA-F]{1,4}$/
const GROUPS = 8

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) <= 255)
}

// Groups on one side of `::`; a dotted quad may stand last and counts for two. -1 when malformed.
function groupCount(side: string, mayEndDotted: boolean): number {
  if (side === '') return 0
  const parts = side.split(':')
  const last = parts.at(-1) ?? ''
  const dotted = mayEndDotted && last.includes('.')
  if (dotted && !isIpv4(last)) return -1
  const plain = dotted ? parts.slice(0, -1) : parts
  if (!plain.every((part) => GROUP.test(part))) return -1
  return plain.length + (dotted ? 2 : 0)
}

function isIpv6(text: string): boolean {
  const sides = text.split('::')
  if (sides.length > 2) return false
  const head = groupCount(sides[0] ?? '', sides.length === 1)
  if (sides.length === 1) return head === GROUPS
  const tail = groupCount(sides[1] ?? '', true)
  return head >= 0 && tail >= 0 && head + tail < GROUPS
}

/** Length of the longest textual IPv6 address; longer text is refused unread. */
const ADDRESS_LENGTH_MAX = 45

/**
 * Tells whether a text is an IPv4 or IPv6 address as ECS's `ip` type takes it: no zone, no port, no
 * prefix.
 *
 * @throws Never.
 * @see    RFC 4291, section 2.2.
 */
export function isIp(text: string): boolean {
  if (text.length > ADDRESS_LENGTH_MAX) return false
  return text.includes(':') ? isIpv6(text) : isIpv4(text)
}
