import { bytesOf, type Window } from '../capture/window.ts'

/** What a client says before anything is encrypted. */
export interface ClientHello {
  /** Version of the handshake message; 0x0303 even in TLS 1.3. */
  readonly version: number
  readonly ciphers: readonly number[]
  /** Types of the extensions, in order. */
  readonly extensions: readonly number[]
  readonly serverName: string | undefined
  readonly protocols: readonly string[]
  /** Of `supported_versions`. */
  readonly versions: readonly number[]
  readonly signatureAlgorithms: readonly number[]
  /** First and last byte of the first protocol offered, for the fingerprint. */
  readonly protocolEnds: readonly [first: number, last: number] | undefined
}

/** A reading, which lacks the end of a message or has no such message. */
export type HelloFailure = 'hello_incomplete' | 'hello_invalid' | 'hello_none'

const RECORD_HANDSHAKE = 22
const RECORD_BYTES = 5
const RECORD_BODY_MAX = 16_640
const MESSAGE_CLIENT_HELLO = 1
const MESSAGE_BYTES = 4
/** Longest hello read. Hellos with post-quantum keys take about 1,800 bytes. */
export const HELLO_BYTES_MAX = 16_384
const LIST_MAX = 512

const EXTENSION_SERVER_NAME = 0
const EXTENSION_SIGNATURES = 13
const EXTENSION_PROTOCOLS = 16
const EXTENSION_VERSIONS = 43
const SERVER_NAME_HOST = 0
const SERVER_NAME_LENGTH_MAX = 255

/** Whether bytes at the beginning of a stream can be those of a TLS handshake. */
export function isHandshakeRecord({ view, at, end }: Window): boolean {
  if (end - at < 2) return false
  return view.getUint8(at) === RECORD_HANDSHAKE && view.getUint8(at + 1) === 3
}

/**
 * Takes the handshake message out of the records that carry it.
 *
 *   record: 22 | version u16 | length u16 | a part of the message
 *   message: 1 | length u24 | body
 *
 * @returns The whole message, `hello_incomplete` while bytes are missing, `hello_none` for anything
 *          else than a client's hello, `hello_invalid` beyond the limits.
 */
export function handshakeMessage({ view, at, end }: Window): Buffer | HelloFailure {
  const parts: Buffer[] = []
  let held = 0
  let wanted: number | undefined
  let cursor = at
  while (wanted === undefined || held < wanted) {
    if (end - cursor < RECORD_BYTES) return 'hello_incomplete'
    if (view.getUint8(cursor) !== RECORD_HANDSHAKE)
      return held === 0 ? 'hello_none' : 'hello_invalid'
    const length = view.getUint16(cursor + 3, false)
    if (length === 0 || length > RECORD_BODY_MAX) return 'hello_invalid'
    const bodyAt = cursor + RECORD_BYTES
    const bodyEnd = Math.min(end, bodyAt + length)
    parts.push(bytesOf({ view, at: bodyAt, end: bodyEnd }))
    held += bodyEnd - bodyAt
    if (wanted === undefined && held >= MESSAGE_BYTES) {
      const head = Buffer.concat(parts)
      if (head[0] !== MESSAGE_CLIENT_HELLO) return 'hello_none'
      wanted = MESSAGE_BYTES + head.readUIntBE(1, 3)
      if (wanted > HELLO_BYTES_MAX) return 'hello_invalid'
    }
    if (bodyEnd < bodyAt + length && (wanted === undefined || held < wanted)) {
      return 'hello_incomplete'
    }
    cursor = bodyEnd
  }
  return Buffer.concat(parts).subarray(0, wanted)
}

/**
 * Reads a hello, message header included.
 *
 *   version u16 | random [32] | session id <u8> | cipher suites <u16> | compressions <u8> |
 *   extensions <u16>: type u16, data <u16>
 *
 * @see RFC 8446, section 4.1.2.
 */
export function clientHello(message: Buffer): ClientHello | 'hello_invalid' {
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  const fields = new Fields({ view, at: MESSAGE_BYTES, end: message.length })
  const version = fields.u16()
  fields.skip(32)
  fields.vector(1)
  const ciphers = fields.vector(2)
  fields.vector(1)
  if (version === undefined || ciphers === undefined || fields.isSpoilt) return 'hello_invalid'
  // The oldest clients end here.
  const extensions = fields.isAtEnd ? undefined : fields.vector(2)
  if (fields.isSpoilt) return 'hello_invalid'
  const found = extensionsOf(extensions)
  return found === undefined ? 'hello_invalid' : { version, ciphers: numbersOf(ciphers), ...found }
}

type Extensions = Omit<ClientHello, 'version' | 'ciphers'>

function extensionsOf(window: Window | undefined): Extensions | undefined {
  const types: number[] = []
  let serverName: string | undefined
  let protocols: readonly Buffer[] = []
  let versions: readonly number[] = []
  let signatureAlgorithms: readonly number[] = []
  const fields = new Fields(window)
  while (!fields.isAtEnd && types.length < LIST_MAX) {
    const type = fields.u16()
    const data = fields.vector(2)
    if (type === undefined || data === undefined) return undefined
    types.push(type)
    if (type === EXTENSION_SERVER_NAME) serverName = serverNameOf(data)
    else if (type === EXTENSION_PROTOCOLS) protocols = protocolsOf(data)
    else if (type === EXTENSION_VERSIONS) versions = numbersOf(new Fields(data).vector(1))
    else if (type === EXTENSION_SIGNATURES) {
      signatureAlgorithms = numbersOf(new Fields(data).vector(2))
    }
  }
  return {
    extensions: types,
    serverName,
    protocols: protocols.map((protocol) => protocol.toString('latin1')),
    versions,
    signatureAlgorithms,
    protocolEnds: endsOf(protocols[0]),
  }
}

function endsOf(protocol: Buffer | undefined): ClientHello['protocolEnds'] {
  const first = protocol?.[0]
  const last = protocol?.at(-1)
  return first === undefined || last === undefined ? undefined : [first, last]
}

// server_name_list <u16>: type u8, name <u16>.
function serverNameOf(data: Window): string | undefined {
  const fields = new Fields(new Fields(data).vector(2))
  while (!fields.isAtEnd) {
    const type = fields.u8()
    const name = fields.vector(2)
    if (name === undefined) return undefined
    if (type !== SERVER_NAME_HOST) continue
    const text = bytesOf(name).toString('utf8')
    return text === '' || text.length > SERVER_NAME_LENGTH_MAX ? undefined : text.toWellFormed()
  }
  return undefined
}

// protocol_name_list <u16>: name <u8>.
function protocolsOf(data: Window): readonly Buffer[] {
  const protocols: Buffer[] = []
  const fields = new Fields(new Fields(data).vector(2))
  while (!fields.isAtEnd && protocols.length < LIST_MAX) {
    const name = fields.vector(1)
    if (name === undefined) break
    protocols.push(bytesOf(name))
  }
  return protocols
}

function numbersOf(window: Window | undefined): readonly number[] {
  const numbers: number[] = []
  if (window === undefined) return numbers
  const { view, end } = window
  for (let at = window.at; end - at >= 2 && numbers.length < LIST_MAX; at += 2) {
    numbers.push(view.getUint16(at, false))
  }
  return numbers
}

/** Reads fields one after the other and never beyond the end; once one is missing all are. */
class Fields {
  isSpoilt: boolean
  readonly #view: DataView
  readonly #end: number
  #at: number

  constructor(window: Window | undefined) {
    this.isSpoilt = window === undefined
    this.#view = window?.view ?? new DataView(new ArrayBuffer(0))
    this.#at = window?.at ?? 0
    this.#end = window?.end ?? 0
  }

  get isAtEnd(): boolean {
    return this.isSpoilt || this.#at >= this.#end
  }

  u8(): number | undefined {
    return this.skip(1) ? this.#view.getUint8(this.#at - 1) : undefined
  }

  u16(): number | undefined {
    return this.skip(2) ? this.#view.getUint16(this.#at - 2, false) : undefined
  }

  /** Bytes behind a length of one or two bytes. */
  vector(lengthBytes: 1 | 2): Window | undefined {
    const length = lengthBytes === 1 ? this.u8() : this.u16()
    if (length === undefined || !this.skip(length)) return undefined
    return { view: this.#view, at: this.#at - length, end: this.#at }
  }

  skip(bytes: number): boolean {
    if (this.isSpoilt || this.#end - this.#at < bytes) {
      this.isSpoilt = true
      return false
    }
    this.#at += bytes
    return true
  }
}
