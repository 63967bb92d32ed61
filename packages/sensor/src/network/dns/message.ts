import { addressText } from '../address.ts'
import { bytesOf } from '../capture/window.ts'
import { type DnsBytes, dnsName } from './name.ts'
import { dnsClass, dnsResponseCode, dnsType } from './values.ts'

/** One record of an answer. */
export interface DnsAnswer {
  readonly name: string
  readonly type: string
  readonly class: string
  readonly ttl: number
  /** The value as a name server prints it: address, name or text. Absent for other types. */
  readonly data?: string
}

/** A DNS question, or an answer to one. */
export interface DnsMessage {
  readonly id: number
  readonly isResponse: boolean
  readonly name: string
  readonly type: string
  readonly class: string
  readonly responseCode: string
  /** Answers that could be read. */
  readonly answers: readonly DnsAnswer[]
  /** Addresses among them, each once. */
  readonly resolved: readonly string[]
  /** The server cut the answer, or not all of it was captured or fitted the limit. */
  readonly isCut: boolean
}

/** Why bytes on a DNS port are no message that says what was asked. */
export type DnsFailure = 'dns_truncated' | 'dns_invalid' | 'dns_not_query' | 'dns_without_question'

const HEADER_BYTES = 12
const FLAG_RESPONSE = 0x8000
const FLAG_CUT = 0x0200
const OPCODE_SHIFT = 11
/** Answers kept of one message. */
const ANSWERS_MAX = 64
const TEXT_LENGTH_MAX = 1_024
const TYPE_A = 1
const TYPE_TXT = 16
const TYPE_AAAA = 28
const TYPE_MX = 15
const TYPE_SRV = 33
const TYPES_SVCB: ReadonlySet<number> = new Set([64, 65])
// NS, CNAME, PTR, DNAME: the value is a name.
const TYPES_NAME: ReadonlySet<number> = new Set([2, 5, 12, 39])

/**
 * Reads a DNS message: its first question, and the records of its answer section.
 *
 *   id u16 | flags u16 | questions u16 | answers u16 | authorities u16 | additional u16
 *   question: name, type u16, class u16        record: name, type, class, ttl u32, length u16, data
 *
 * @see RFC 1035, section 4.
 */
export function dnsMessage(bytes: DnsBytes): DnsMessage | DnsFailure {
  const { view, start, end } = bytes
  if (end - start < HEADER_BYTES) return 'dns_truncated'
  const flags = view.getUint16(start + 2, false)
  if (((flags >> OPCODE_SHIFT) & 0xf) !== 0) return 'dns_not_query'
  const questions = view.getUint16(start + 4, false)
  if (questions === 0) return 'dns_without_question'
  const question = dnsName(bytes, start + HEADER_BYTES)
  if (question === undefined || end - question.next < 4) return 'dns_invalid'
  const isResponse = (flags & FLAG_RESPONSE) !== 0
  const head = {
    id: view.getUint16(start, false),
    isResponse,
    name: question.text,
    type: dnsType(view.getUint16(question.next, false)),
    class: dnsClass(view.getUint16(question.next + 2, false)),
    responseCode: dnsResponseCode(flags & 0xf),
  }
  // Nobody asks two questions at once, and where the answers begin then is not worth finding out.
  const count = isResponse && questions === 1 ? view.getUint16(start + 6, false) : 0
  const { answers, isWhole } = answersOf(bytes, question.next + 4, count)
  return {
    ...head,
    answers,
    resolved: addressesOf(answers),
    isCut: (flags & FLAG_CUT) !== 0 || !isWhole,
  }
}

interface Answers {
  readonly answers: readonly DnsAnswer[]
  readonly isWhole: boolean
}

function answersOf(bytes: DnsBytes, from: number, count: number): Answers {
  const { view, end } = bytes
  const answers: DnsAnswer[] = []
  let at = from
  for (let index = 0; index < count; index++) {
    const name = answers.length < ANSWERS_MAX ? dnsName(bytes, at) : undefined
    if (name === undefined || end - name.next < 10) return { answers, isWhole: false }
    const type = view.getUint16(name.next, false)
    const dataAt = name.next + 10
    const dataEnd = dataAt + view.getUint16(name.next + 8, false)
    if (dataEnd > end) return { answers, isWhole: false }
    const data = dataText(bytes, { type, at: dataAt, end: dataEnd })
    answers.push({
      name: name.text,
      type: dnsType(type),
      class: dnsClass(view.getUint16(name.next + 2, false)),
      ttl: view.getUint32(name.next + 4, false),
      ...(data !== undefined && { data }),
    })
    at = dataEnd
  }
  return { answers, isWhole: true }
}

interface Data {
  readonly type: number
  readonly at: number
  readonly end: number
}

function dataText(bytes: DnsBytes, { type, at, end }: Data): string | undefined {
  const { view } = bytes
  const length = end - at
  const nameAt = (place: number): string | undefined => {
    const name = place < end ? dnsName(bytes, place) : undefined
    return name === undefined || name.next > end ? undefined : name.text
  }
  if (type === TYPE_A) return length === 4 ? addressText({ view, at, version: 4 }) : undefined
  if (type === TYPE_AAAA) return length === 16 ? addressText({ view, at, version: 6 }) : undefined
  if (TYPES_NAME.has(type)) return nameAt(at)
  if (type === TYPE_TXT) return textsOf(view, at, end)
  if (type === TYPE_MX && length > 2) {
    const name = nameAt(at + 2)
    return name === undefined ? undefined : `${view.getUint16(at, false)} ${name}`
  }
  if (type === TYPE_SRV && length > 6) {
    const name = nameAt(at + 6)
    const numbers = [0, 2, 4].map((offset) => view.getUint16(at + offset, false))
    return name === undefined ? undefined : [...numbers, name].join(' ')
  }
  if (TYPES_SVCB.has(type) && length > 2) {
    const name = nameAt(at + 2)
    return name === undefined ? undefined : `${view.getUint16(at, false)} ${name}`
  }
  return undefined
}

/** Character strings, each behind its length, put together as SPF and DKIM readers do. */
function textsOf(view: DataView, from: number, end: number): string | undefined {
  let text = ''
  for (let at = from; at < end;) {
    const length = view.getUint8(at)
    if (length > end - at - 1) return undefined
    text += bytesOf({ view, at: at + 1, end: at + 1 + length }).toString('utf8')
    at += 1 + length
  }
  return text.slice(0, TEXT_LENGTH_MAX).toWellFormed()
}

function addressesOf(answers: readonly DnsAnswer[]): readonly string[] {
  const addresses = new Set<string>()
  for (const { type, data } of answers) {
    if ((type === 'A' || type === 'AAAA') && data !== undefined) addresses.add(data)
  }
  return [...addresses]
}
