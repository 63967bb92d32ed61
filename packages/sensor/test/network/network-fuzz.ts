import { Buffer } from 'node:buffer'
import { NetworkDecoder } from '../../src/network/decoder.ts'
import {
  type CaptureForm,
  dnsBytes,
  dnsNameBytes,
  helloExtension,
  helloMessage,
  ipBytes,
  ipBytesOf,
  pcapBytes,
  type Sent,
  tcpPacket,
  tlsRecords,
  udpPacket,
  vector,
  WrittenCapture,
} from '../../src/testing.ts'
import { seededRandom } from '../prng.ts'
import { CLIENT, say, SERVER, SYN, SYN_ACK } from './conversation.ts'

type Random = (below: number) => number

const RESOLVER = { ip: '10.0.0.1', port: 53 }
const LIMITS = { flowsMax: 8, streamsMax: 4, questionsMax: 4, namesMax: 4, processesMax: 4 }
const HELD_MAX = 8
/** Lengths, counts and offsets that parsers get wrong. */
const WORDS = [
  0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xc0, 0xfe, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0xffffffff,
]

/** What a fuzzing run came to. */
export interface FuzzResult {
  readonly executions: number
  readonly records: number
  readonly broken: number
}

/**
 * Builds captures of every kind of packet, spoils them on every layer (inside of a message and with
 * all lengths around it right, or in the finished capture), and decodes them in random pieces.
 *
 * @throws Error with the seed and the number of the execution when something throws, takes long, or
 *         does not add up.
 */
export function fuzzNetwork(seed: number, executions: number): FuzzResult {
  const random = seededRandom(seed)
  let records = 0
  let broken = 0
  for (let execution = 0; execution < executions; execution++) {
    const capture = spoilt(captureOf(random), random, random(3) === 0 ? 1 + random(12) : 0)
    try {
      const result = decodeInPieces(capture, random)
      records += result.records
      broken += result.isBroken ? 1 : 0
    } catch (cause) {
      throw new Error(`seed ${seed}, execution ${execution}: ${String(cause)}`, { cause })
    }
  }
  return { executions, records, broken }
}

function decodeInPieces(capture: Buffer, random: Random) {
  const decoder = new NetworkDecoder(LIMITS)
  const begun = performance.now()
  let records = 0
  const take = (made: readonly object[]): void => {
    records += made.length
    // Everything told must be plain data that another process can be sent.
    JSON.stringify(made)
  }
  for (let at = 0; at < capture.length;) {
    const size = random(4) === 0 ? 1 + random(64) : capture.length
    take(decoder.push(capture.subarray(at, at + size)))
    at += size
  }
  take(decoder.end())
  check(decoder, records)
  if (performance.now() - begun > 2_000) throw new Error('It took more than two seconds.')
  return { records, isBroken: decoder.counts().packets.broken !== undefined }
}

function check(decoder: NetworkDecoder, records: number): void {
  const { packets, observed, skipped, flows, records: made } = decoder.counts()
  const sum = (values: Readonly<Record<string, number>>): number =>
    Object.values(values).reduce((total, value) => total + value, 0)
  const rules = [
    packets.received === packets.sent + sum(packets.discarded) + packets.held,
    packets.sent === observed + sum(skipped),
    flows.opened === flows.held + flows.ended + flows.unanswered + flows.evicted,
    flows.held <= HELD_MAX,
    sum(made) === records,
  ]
  const failed = rules.indexOf(false)
  if (failed >= 0) throw new Error(`Rule ${failed} does not hold.`)
}

function captureOf(random: Random): Buffer {
  const count = 1 + random(6)
  if (random(8) === 0) {
    const packets = Array.from({ length: count }, (_, index) => ({
      bytes: packetOf(random),
      atNs: BigInt(index) * 1_000_000n,
    }))
    const littleEndian = random(2) === 0
    return pcapBytes({ linkType: 101, packets, littleEndian, nanoseconds: random(2) === 0 })
  }
  const forms: readonly CaptureForm[] = ['apple', 'pktap_1', 'pktap_2']
  const capture = new WrittenCapture(forms[random(forms.length)])
  if (random(2) === 0) {
    say(capture, SYN, { atMs: 0, pid: 42 })
    say(capture, SYN_ACK, { atMs: 1 })
  }
  for (let index = 0; index < count; index++) {
    const sent: Sent = {
      atMs: 2 + index * (random(10) === 0 ? 90_000 : 1),
      ...(random(4) > 0 && { direction: random(2) === 0 ? 'in' : 'out' }),
      ...(random(3) === 0 && { interfaceName: 'lo0' }),
      ...(random(4) === 0 && { vlans: Array.from({ length: random(4) }, () => random(65_536)) }),
      ...(random(2) === 0 && { pid: random(5) - 1, name: 'x'.repeat(random(20)) }),
    }
    capture.send(packetOf(random), sent)
  }
  return capture.bytes()
}

function packetOf(random: Random): Buffer {
  const kinds = [dnsPacket, dnsTcpPacket, helloPacket, plainSegment, extended]
  return kinds[random(kinds.length)]?.(random) ?? Buffer.alloc(0)
}

function dnsMessageOf(random: Random): Buffer {
  const answers = Array.from({ length: random(4) }, () => ({
    type: [1, 5, 15, 16, 28, 33, 65, 4_711][random(8)] ?? 1,
    data:
      [ipBytes('192.0.2.1'), dnsNameBytes('a.example'), Buffer.alloc(random(40), random(256))][
        random(3)
      ] ?? Buffer.alloc(0),
  }))
  const message = dnsBytes({
    id: random(4),
    name: ['example.com', 'www.example.com', '.'][random(3)] ?? '.',
    type: random(70),
    ...(random(2) === 0 && { answers }),
  })
  return spoilt(message, random, random(2) * random(6))
}

function dnsPacket(random: Random): Buffer {
  const asker = { ip: '10.0.0.2', port: 60_000 + random(3) }
  const payload = dnsMessageOf(random)
  return random(2) === 0
    ? udpPacket({ from: asker, to: RESOLVER, payload })
    : udpPacket({ from: RESOLVER, to: asker, payload })
}

function dnsTcpPacket(random: Random): Buffer {
  const payload = Buffer.concat([vector(2, dnsMessageOf(random)), vector(2, dnsMessageOf(random))])
  return tcpPacket({
    from: CLIENT,
    to: RESOLVER,
    flags: flagsOf(random),
    sequence: random(4) * 40,
    payload: spoilt(payload, random, random(2)),
  })
}

function helloPacket(random: Random): Buffer {
  const message = helloMessage({
    ciphers: Array.from({ length: random(20) }, () => random(65_536)),
    extensions: [
      helloExtension.serverName('www.example.com'),
      helloExtension.protocols('h2', ''),
      helloExtension.versions(0x0304, 0x1a1a),
      helloExtension.empty(random(65_536)),
    ].slice(random(4)),
  })
  const records = tlsRecords(spoilt(message, random, random(2) * random(6)), 1 + random(300))
  const cut = random(2) === 0 ? records.length : random(records.length + 1)
  return tcpPacket({
    from: CLIENT,
    to: SERVER,
    flags: 'PA',
    sequence: (0xffff_ff01 + random(2) * cut) >>> 0,
    payload: records.subarray(0, cut),
  })
}

function flagsOf(random: Random): string {
  return ['S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', 'SFRPA', ''][random(9)] ?? ''
}

function plainSegment(random: Random): Buffer {
  const isBack = random(2) === 0
  const client = { ...CLIENT, port: CLIENT.port + random(12) }
  return tcpPacket({
    from: isBack ? SERVER : client,
    to: isBack ? client : SERVER,
    flags: flagsOf(random),
    sequence: random(2) === 0 ? random(100) : random(0xffff_ffff),
    acknowledgment: random(0xffff_ffff),
    payload: Buffer.alloc(random(30)),
  })
}

function extended(random: Random): Buffer {
  const options = Buffer.from(Array.from({ length: 8 * random(6) }, () => random(256)))
  const ends = { from: 'fe80::1', to: 'fe80::2', protocol: [6, 17, 1][random(3)] ?? 6 }
  const payload = Buffer.alloc(random(40), random(256))
  return ipBytesOf({
    ...ends,
    payload,
    options,
    extension: [0, 43, 44, 51, 60, 135][random(6)] ?? 0,
  })
}

/** Spoils some places: single bits, bytes, numbers at their edges, pieces taken out or doubled. */
function spoilt(bytes: Buffer, random: Random, places: number): Buffer {
  let result = Buffer.from(bytes)
  for (let place = 0; place < places && result.length > 0; place++) {
    const at = random(result.length)
    const length = random(result.length - at + 1)
    switch (random(5)) {
      case 0:
        result[at] = (result[at] ?? 0) ^ (1 << random(8))
        break
      case 1:
        result[at] = random(256)
        break
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + Math.min(length, 40))])
        break
      case 3:
        result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)])
        break
      default:
        spoilWord(result, at, random)
    }
  }
  return result
}

function spoilWord(bytes: Buffer, at: number, random: Random): void {
  const value = WORDS[random(WORDS.length)] ?? 0
  const isLittle = random(2) === 0
  if (random(2) === 0 && at + 4 <= bytes.length) {
    if (isLittle) bytes.writeUInt32LE(value, at)
    else bytes.writeUInt32BE(value, at)
  } else if (at + 2 <= bytes.length) {
    if (isLittle) bytes.writeUInt16LE(value & 0xffff, at)
    else bytes.writeUInt16BE(value & 0xffff, at)
  }
}
