/** An authority for tests: certificates as a server's own authority makes them. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import {
  bitString,
  container,
  objectIdentifier,
  pemText,
  smallInteger,
  tagged,
  utf8String,
} from '../../src/identity/der.ts'

const ECDSA_WITH_SHA256 = container('sequence', objectIdentifier('1.2.840.10045.4.3.2'))
const BOOLEAN = 0x01
const INTEGER = 0x02
const OCTET_STRING = 0x04
const GENERALIZED_TIME = 0x18
const CONTEXT_3 = 0xa3
const NAME_URI = 0x86
const NAME_IP = 0x87

/** One value of DER: its tag, its contents and where it ends. */
interface DerValue {
  readonly tag: number
  readonly contents: Buffer
  readonly whole: Buffer
}

function readValues(bytes: Buffer): readonly DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0
    const lead = bytes[at + 1] ?? 0
    const lengthBytes = lead < 0x80 ? 0 : lead - 0x80
    const length = lengthBytes === 0 ? lead : bytes.readUIntBE(at + 2, lengthBytes)
    const from = at + 2 + lengthBytes
    values.push({
      tag,
      contents: bytes.subarray(from, from + length),
      whole: bytes.subarray(at, from + length),
    })
    at = from + length
  }
  return values
}

/** The key of a signing request, if the request is signed by it. */
export function requestedKey(pem: string): KeyObject {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const [request] = readValues(der)
  const [info, , signature] = readValues(request?.contents ?? Buffer.alloc(0))
  if (info === undefined || signature === undefined) throw new Error('no signing request')
  const spki = readValues(info.contents)[2]?.whole ?? Buffer.alloc(0)
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const bytes = signature.contents.subarray(1)
  if (!verify('sha256', info.whole, { key, dsaEncoding: 'der' }, bytes)) {
    throw new Error('the signing request is not signed by its key')
  }
  return key
}

function name(text: string): Buffer {
  const part = container('sequence', objectIdentifier('2.5.4.3'), utf8String(text))
  return container('sequence', container('set', part))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return tagged(GENERALIZED_TIME, Buffer.from(digits))
}

function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [tagged(BOOLEAN, Buffer.of(0xff))] : []
  return container('sequence', objectIdentifier(oid), ...critical, tagged(OCTET_STRING, value))
}

interface Wish {
  readonly subject: string
  readonly key: KeyObject
  readonly fromMs: number
  readonly toMs: number
  readonly extensions: readonly Buffer[]
}

let serial = 1

/** Makes and signs certificates. */
export class TestAuthority {
  readonly #key: KeyObject
  readonly #subject: string
  readonly pem: string

  constructor(subject = 'test authority') {
    this.#subject = subject
    this.#key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const isAuthority = container('sequence', tagged(BOOLEAN, Buffer.of(0xff)))
    const keyUsage = bitString(Buffer.of(0x06))
    keyUsage[2] = 1
    this.pem = this.#issue({
      subject,
      key: createPublicKey(this.#key),
      ...span(3_650),
      extensions: [extension('2.5.29.19', isAuthority, true), extension('2.5.29.15', keyUsage)],
    })
  }

  /** SHA-256 of the certificate, base64url. */
  get fingerprint(): string {
    return createHash('sha256').update(new X509Certificate(this.pem).raw).digest('base64url')
  }

  /** Certificate, with the authority's behind it, and key of a server on the loopback address. */
  server(): { readonly cert: string; readonly key: string } {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = container('sequence', tagged(NAME_IP, Buffer.of(127, 0, 0, 1)))
    const cert = this.#issue({
      subject: 'server',
      key: createPublicKey(privateKey),
      ...span(365),
      extensions: [extension('2.5.29.17', names)],
    })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { cert: cert + this.pem, key }
  }

  /** A host's certificate for the key of a signing request. */
  host(csr: string, host: { readonly id: string; readonly fromMs: number; readonly toMs: number }) {
    const uri = `spiffe://pomona/default/host/${host.id}`
    const names = container('sequence', tagged(NAME_URI, Buffer.from(uri)))
    return this.#issue({
      subject: host.id,
      key: requestedKey(csr),
      fromMs: host.fromMs,
      toMs: host.toMs,
      extensions: [extension('2.5.29.17', names)],
    })
  }

  #issue({ subject, key, fromMs, toMs, extensions }: Wish): string {
    const info = container(
      'sequence',
      container('context0', smallInteger(2)),
      tagged(INTEGER, Buffer.of(0x40, ...bytesOf(serial++))),
      ECDSA_WITH_SHA256,
      name(this.#subject),
      container('sequence', time(fromMs), time(toMs)),
      name(subject),
      key.export({ type: 'spki', format: 'der' }),
      tagged(CONTEXT_3, container('sequence', ...extensions)),
    )
    const signature = sign('sha256', info, { key: this.#key, dsaEncoding: 'der' })
    return pemText(
      container('sequence', info, ECDSA_WITH_SHA256, bitString(signature)),
      'CERTIFICATE',
    )
  }
}

function bytesOf(value: number): readonly number[] {
  return [24, 16, 8, 0].map((bits) => (value >>> bits) & 0xff)
}

function span(days: number): { readonly fromMs: number; readonly toMs: number } {
  const nowMs = Date.now()
  return { fromMs: nowMs - 86_400_000, toMs: nowMs + days * 86_400_000 }
}

/** An Ed25519 key that commands and bundles are signed with. */
export class TestSigner {
  readonly #key: KeyObject
  readonly published: { readonly key_id: string; readonly public_key: string }

  constructor(id = 'signer-1') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#key = privateKey
    const der = publicKey.export({ type: 'spki', format: 'der' })
    this.published = { key_id: id, public_key: der.toString('base64') }
  }

  sign(value: unknown) {
    const payload = JSON.stringify(value)
    const signature = sign(undefined, Buffer.from(payload), this.#key).toString('base64')
    return { payload, signature, key_id: this.published.key_id }
  }
}
