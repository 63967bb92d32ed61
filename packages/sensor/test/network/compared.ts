import { createHash } from 'node:crypto'
import { formatTime, parseTime } from '@pomona/schema'
import type { NetworkRecord } from '../../src/network/record.ts'
import { numberOf, only, type Row, tshark } from './tshark.ts'

/** What is asked of tshark for every frame. */
export const FRAME_FIELDS = [
  'frame.time_epoch',
  'frame.len',
  'ieee8021ad.id',
  'vlan.id',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.flags',
  'tcp.len',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
] as const

/** When a frame was captured, in our spelling. */
export function timeOf(row: Row): string {
  const [seconds = '0', fraction = ''] = (only(row, 'frame.time_epoch') ?? '').split('.')
  return formatTime(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9)))
}

function addressOf(row: Row, side: 'src' | 'dst'): string | undefined {
  return only(row, `ip.${side}`) ?? only(row, `ipv6.${side}`)
}

/** Attempts as we tell them. */
export function attemptsOf(records: readonly NetworkRecord[]) {
  return records
    .filter(({ action }) => action === 'connection_attempted')
    .map(({ time, source, destination }) => [
      time,
      source.ip,
      source.port,
      destination.ip,
      destination.port,
    ])
}

/** Attempts as tshark tells them: SYNs that are no repeats. */
export function attemptsOfTshark(path: string) {
  const filter = 'tcp.flags.syn == 1 && tcp.flags.ack == 0 && !tcp.analysis.retransmission'
  return tshark(path, FRAME_FIELDS, { filter }).map((row) => [
    timeOf(row),
    addressOf(row, 'src'),
    numberOf(row, 'tcp.srcport'),
    addressOf(row, 'dst'),
    numberOf(row, 'tcp.dstport'),
  ])
}

type End = readonly [
  port: number,
  sent: number | undefined,
  received: number | undefined,
  reason: string,
  durationNs: number | undefined,
]

/** What each connection came to, as we tell it. */
export function endsOf(records: readonly NetworkRecord[]): readonly End[] {
  return records
    .filter(({ action }) => action === 'disconnect_received')
    .map(({ source, destination, reason, durationNs }): End => [
      source.port,
      source.bytes,
      // A server that refused has begun nothing.
      reason === 'refused' ? 0 : destination.bytes,
      reason ?? '',
      durationNs,
    ])
    .toSorted(([one], [other]) => one - other)
}

/** What each connection came to, by tshark's own stream numbers and relative sequence numbers. */
export function endsOfTshark(path: string): readonly End[] {
  const fields = [
    'tcp.stream',
    'tcp.srcport',
    'tcp.seq',
    'tcp.len',
    'tcp.flags',
    'frame.time_epoch',
  ]
  const streams = new Map<number, Row[]>()
  for (const row of tshark(path, fields, { filter: 'tcp' })) {
    const stream = numberOf(row, 'tcp.stream') ?? -1
    streams.set(stream, [...(streams.get(stream) ?? []), row])
  }
  return [...streams.values()]
    .map((rows): End => {
      const client = numberOf(rows[0] ?? {}, 'tcp.srcport') ?? 0
      const sentBy = (isClient: boolean): number =>
        Math.max(
          0,
          ...rows
            .filter((row) => (numberOf(row, 'tcp.srcport') === client) === isClient)
            .filter((row) => numberOf(row, 'tcp.len') !== 0)
            .map((row) => (numberOf(row, 'tcp.seq') ?? 0) + (numberOf(row, 'tcp.len') ?? 0) - 1),
        )
      const flagged = (bit: number): readonly Row[] =>
        rows.filter((row) => ((numberOf(row, 'tcp.flags') ?? 0) & bit) !== 0)
      const [reset] = flagged(4)
      const isRefused = reset !== undefined && rows.length === 2
      const last = reset ?? flagged(1).at(-1) ?? {}
      const durationNs = Number(
        (parseTime(timeOf(last)) ?? 0n) - (parseTime(timeOf(rows[0] ?? {})) ?? 0n),
      )
      const reason = isRefused ? 'refused' : reset === undefined ? 'closed' : 'reset'
      return [client, sentBy(true), sentBy(false), reason, durationNs]
    })
    .toSorted(([one], [other]) => one - other)
}

/** Lookups as we tell them. */
export function lookupsOf(records: readonly NetworkRecord[]) {
  return records
    .filter(({ dns }) => dns !== undefined)
    .map(({ time, action, transport, dns }) => ({
      time,
      transport,
      isAnswer: action === 'lookup_result',
      id: dns?.id,
      name: dns?.name,
      type: dns?.type,
      code: dns?.responseCode,
      addresses: dns?.resolved ?? [],
      aliases: (dns?.answers ?? []).flatMap(({ type, data }) => (type === 'CNAME' ? [data] : [])),
      texts: (dns?.answers ?? []).flatMap(({ type, data }) => (type === 'TXT' ? [data] : [])),
    }))
}

const TYPES: Readonly<Record<string, string>> = {
  1: 'A',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  255: 'ANY',
}
const CODES: Readonly<Record<string, string>> = { 0: 'NOERROR', 2: 'SERVFAIL', 3: 'NXDOMAIN' }

/** Lookups as tshark tells them. */
export function lookupsOfTshark(path: string) {
  const fields = [
    'id',
    'flags.response',
    'qry.name',
    'qry.type',
    'flags.rcode',
    'a',
    'aaaa',
    'cname',
    'txt',
  ]
  const names = [...FRAME_FIELDS, ...fields.map((field) => `dns.${field}`)]
  return tshark(path, names, { filter: 'dns' }).flatMap((row) => {
    const messages = row['dns.id'] ?? []
    // Several messages in one segment: their fields stand one after the other.
    return messages.map((id, index) => {
      const isAnswer = row['dns.flags.response']?.[index] === '1'
      const of = (field: string): string | undefined => row[field]?.[index]
      const isAlone = messages.length === 1
      return {
        time: timeOf(row),
        transport: row['udp.srcport']?.length === 0 ? 'tcp' : 'udp',
        isAnswer,
        id: Number(id),
        name: of('dns.qry.name'),
        type: TYPES[of('dns.qry.type') ?? ''],
        code: isAnswer ? CODES[row['dns.flags.rcode']?.[isAlone ? 0 : index] ?? ''] : undefined,
        addresses: [...(row['dns.a'] ?? []), ...(row['dns.aaaa'] ?? [])],
        aliases: row['dns.cname'] ?? [],
        texts: row['dns.txt'] ?? [],
      }
    })
  })
}

/** Hellos as we tell them. */
export function hellosOf(records: readonly NetworkRecord[]) {
  return records
    .filter(({ action }) => action === 'tls_client_hello')
    .map(({ time, source, tls }) => [
      time,
      source.port,
      tls?.serverName,
      tls?.protocols ?? [],
      tls?.ja4,
    ])
}

/** The hellos by tshark's fields, the fingerprint worked out of them by the description of JA4. */
export function hellosOfTshark(path: string) {
  const fields = [
    'tls.handshake.extensions_server_name',
    'tls.handshake.extensions_alpn_str',
    'tls.handshake.ciphersuite',
    'tls.handshake.extension.type',
    'tls.handshake.extensions.supported_version',
    'tls.handshake.sig_hash_alg',
    'tls.handshake.version',
  ]
  const filter = 'tls.handshake.type == 1'
  return tshark(path, [...FRAME_FIELDS, ...fields], { filter }).map((row) => {
    const numbers = (field: string): readonly number[] =>
      (row[`tls.handshake.${field}`] ?? [])
        .map(Number)
        .filter((value) => (value & 0x0f0f) !== 0x0a0a)
    const hex = (value: number): string => value.toString(16).padStart(4, '0')
    const hash = (text: string): string =>
      createHash('sha256').update(text).digest('hex').slice(0, 12)
    const protocols = row['tls.handshake.extensions_alpn_str'] ?? []
    const extensions = numbers('extension.type')
    const ciphers = numbers('ciphersuite')
    const versions = numbers('extensions.supported_version')
    const highest = Math.max(...(versions.length > 0 ? versions : numbers('version')))
    const [first = '00'] = protocols
    const count = (list: readonly number[]): string => String(list.length).padStart(2, '0')
    const head = [
      't',
      highest === 0x0304 ? '13' : '12',
      extensions.includes(0) ? 'd' : 'i',
      count(ciphers),
      count(extensions),
      `${first.at(0)}${first.at(-1)}`,
    ].join('')
    const others = extensions
      .filter((type) => type !== 0 && type !== 16)
      .map(hex)
      .toSorted()
    const signatures = numbers('sig_hash_alg').map(hex).join(',')
    const ja4 = `${head}_${hash(ciphers.map(hex).toSorted().join(','))}_${hash(`${others.join(',')}_${signatures}`)}`
    const name = only(row, 'tls.handshake.extensions_server_name')
    return [timeOf(row), numberOf(row, 'tcp.srcport'), name, protocols, ja4]
  })
}
