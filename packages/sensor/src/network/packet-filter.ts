/*
 * What the sensor has to see of all traffic, in the language of pcap-filter(7): name lookups, the
 * first and last segments of connections, and the first bytes TLS clients send. `tcp[…]` reads IPv4
 * only, so IPv6 is asked for by its bytes: the header is 40 long and the TCP header follows it.
 *
 * A hello that takes two segments ends with one that nothing marks but that the client pushes it
 * and that it begins no record of application data, which nearly all others do.
 */
const PUSH_PORT = 443
const PAYLOAD_4 = '((tcp[12] & 0xf0) >> 2)'
const PAYLOAD_6 = '((ip6[52] & 0xf0) >> 2)'

/** The filter given to tcpdump: a few packets a connection and lookup. */
export const PACKET_FILTER = [
  'port 53',
  'tcp[13] & 7 != 0',
  `(tcp[${PAYLOAD_4}] = 22 and tcp[${PAYLOAD_4} + 5] = 1)`,
  `(dst port ${PUSH_PORT} and tcp[13] & 8 != 0 and tcp[${PAYLOAD_4}:2] != 0x1703)`,
  '(ip6[6] = 6 and (ip6[53] & 7 != 0' +
    ` or (ip6[40 + ${PAYLOAD_6}] = 22 and ip6[45 + ${PAYLOAD_6}] = 1)` +
    ` or (dst port ${PUSH_PORT} and ip6[53] & 8 != 0 and ip6[(40 + ${PAYLOAD_6}):2] != 0x1703)))`,
].join(' or ')
