import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Clock, HostId, Random, TenantId } from '@pomona/schema'
import { ServerError } from '../errors.ts'
import { identityUri } from './identity.ts'
import type { KeyFiles } from './key-files.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as Certificate,
  X509CertificateGenerator,
} from './x509.ts'

/** What the authority works with. */
export interface AuthorityOptions {
  readonly files: KeyFiles
  readonly clock: Clock
  readonly random: Random
}

/** A certificate that was issued just now. */
export interface IssuedCertificate {
  readonly pem: string
  /** Hex in upper case, as Node and OpenSSL print it. */
  readonly serial: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** Certificate and key of a TLS server, PEM. */
export interface ServerCredentials {
  /** The server's certificate, then the authority's. */
  readonly cert: string
  readonly key: string
}

const NS_PER_SECOND = 1_000_000_000n
const MS_PER_DAY = 86_400_000
/** Life of a host's certificate; agents renew it at half of this. */
export const HOST_DAYS = 30
/** A host's certificate begins this much earlier, for clocks that differ. */
const BACKDATED_MS = 3_600_000
/**
 * Agents judge the server's certificates by their own clock, and one that is off by a year must
 * still be able to say so: what they check begins long before it was made and ends long after.
 */
const AUTHORITY_BACKDATED_DAYS = 730
const AUTHORITY_DAYS = 20 * 365
const SERVER_DAYS = 3 * 365
const SERVER_DAYS_LEFT_MIN = 2 * 365
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const NAMES = {
  certificate: 'authority.pem',
  key: 'authority.key',
  next: 'authority-next.pem',
  previous: 'authority-previous.pem',
  serverCertificate: 'listener.pem',
  serverKey: 'listener.key',
} as const

/**
 * The server's own certificate authority: P-256, made at the first start, known to nobody but this
 * server and its agents. Besides the one that issues, `authority-next.pem` and
 * `authority-previous.pem` are trusted where they exist, so that an authority can be replaced while
 * agents hold certificates of the old one.
 */
export class Authority {
  readonly #options: AuthorityOptions
  readonly #certificate: Certificate
  readonly #key: CryptoKey
  /** Whose certificates are taken, the issuing one first. */
  readonly trusted: readonly X509Certificate[]
  /** The same as PEM: what agents trust the server by. */
  readonly bundle: string
  /** SHA-256 of the issuing certificate, base64url: what an enrolment token pins. */
  readonly fingerprint: string

  private constructor(
    options: AuthorityOptions,
    parts: { readonly pem: string; readonly key: CryptoKey; readonly others: readonly string[] },
  ) {
    this.#options = options
    this.#certificate = new Certificate(parts.pem)
    this.#key = parts.key
    const pems = [parts.pem, ...parts.others]
    this.trusted = pems.map((pem) => new X509Certificate(pem))
    this.bundle = this.trusted.map((certificate) => certificate.toString()).join('')
    const der = Buffer.from(this.#certificate.rawData)
    this.fingerprint = createHash('sha256').update(der).digest('base64url')
  }

  /** Reads the authority, or makes it at the first start. @throws ServerError ERR_PKI. */
  static async open(options: AuthorityOptions): Promise<Authority> {
    const { files } = options
    const [pem, key] = [await files.read(NAMES.certificate), await files.read(NAMES.key)]
    if (pem === undefined && key === undefined) return await Authority.#make(options)
    if (pem === undefined || key === undefined) {
      throw new ServerError(
        'ERR_PKI',
        `Of ${NAMES.certificate} and ${NAMES.key} one is missing: restore both from a backup. ` +
          'Without either, a new authority is made and every agent has to enrol again.',
      )
    }
    const others = [await files.read(NAMES.next), await files.read(NAMES.previous)]
    const parts = {
      pem,
      key: await importKey(key),
      others: others.filter((text) => text !== undefined),
    }
    try {
      assertPair(pem, key)
      return new Authority(options, parts)
    } catch (error) {
      if (error instanceof ServerError) throw error
      throw new ServerError('ERR_PKI', 'The certificates of the authority cannot be read.', {
        cause: error,
      })
    }
  }

  static async #make(options: AuthorityOptions): Promise<Authority> {
    const { files, clock, random } = options
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const nowMs = msOf(clock)
    const name = `CN=Pomona authority ${Buffer.from(random.bytes(4)).toString('hex')}`
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialOf(random),
      subject: name,
      issuer: name,
      notBefore: new Date(nowMs - AUTHORITY_BACKDATED_DAYS * MS_PER_DAY),
      notAfter: new Date(nowMs + AUTHORITY_DAYS * MS_PER_DAY),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    const pem = certificate.toString('pem')
    // The key first: a certificate without its key would stop the next start.
    await files.write(NAMES.key, await exportKey(keys.privateKey))
    await files.write(NAMES.certificate, pem)
    return new Authority(options, { pem, key: keys.privateKey, others: [] })
  }

  /** Issues a host's certificate of {@link HOST_DAYS} days for a key whose owner was proven. */
  async issueHost(
    publicKey: PublicKey,
    host: { readonly tenantId: TenantId; readonly hostId: HostId },
  ): Promise<IssuedCertificate> {
    const nowMs = msOf(this.#options.clock)
    return await this.#issue({
      publicKey,
      subject: `CN=${host.hostId}`,
      notBeforeMs: nowMs - BACKDATED_MS,
      notAfterMs: nowMs + HOST_DAYS * MS_PER_DAY,
      usage: ExtendedKeyUsage.clientAuth,
      names: [{ type: 'url', value: identityUri(host.tenantId, host.hostId) }],
    })
  }

  /**
   * The agent listener's certificate and key: those that are kept, or new ones when the names have
   * changed, another authority issues now, or less than two years are left.
   */
  async serverCredentials(names: readonly string[]): Promise<ServerCredentials> {
    const { files, clock } = this.#options
    const [cert, key] = [
      await files.read(NAMES.serverCertificate),
      await files.read(NAMES.serverKey),
    ]
    if (cert !== undefined && key !== undefined && this.#isGood(cert, names)) return { cert, key }
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const nowMs = msOf(clock)
    const issued = await this.#issue({
      publicKey: keys.publicKey,
      subject: `CN=${names[0] ?? 'pomona'}`,
      notBeforeMs: nowMs - AUTHORITY_BACKDATED_DAYS * MS_PER_DAY,
      notAfterMs: nowMs + SERVER_DAYS * MS_PER_DAY,
      usage: ExtendedKeyUsage.serverAuth,
      names: names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
    })
    const made = {
      cert: `${issued.pem}\n${this.#certificate.toString('pem')}\n`,
      key: await exportKey(keys.privateKey),
    }
    await files.write(NAMES.serverKey, made.key)
    await files.write(NAMES.serverCertificate, made.cert)
    return made
  }

  #isGood(pem: string, names: readonly string[]): boolean {
    const certificate = new X509Certificate(pem)
    const [issuer] = this.trusted
    if (issuer === undefined || !certificate.checkIssued(issuer)) return false
    const leftMs = Date.parse(certificate.validTo) - msOf(this.#options.clock)
    const isNamed = names.every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name),
    )
    return isNamed && leftMs > SERVER_DAYS_LEFT_MIN * MS_PER_DAY
  }

  async #issue(leaf: {
    readonly publicKey: PublicKey | CryptoKey
    readonly subject: string
    readonly notBeforeMs: number
    readonly notAfterMs: number
    readonly usage: ExtendedKeyUsage
    readonly names: readonly { readonly type: 'dns' | 'ip' | 'url'; readonly value: string }[]
  }): Promise<IssuedCertificate> {
    const { notBeforeMs, notAfterMs } = leaf
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialOf(this.#options.random),
      subject: leaf.subject,
      issuer: this.#certificate.subject,
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
      signingAlgorithm: ALGORITHM,
      publicKey: leaf.publicKey,
      signingKey: this.#key,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([leaf.usage], true),
        new SubjectAlternativeNameExtension([...leaf.names]),
        await SubjectKeyIdentifierExtension.create(leaf.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    })
    const serial = certificate.serialNumber.toUpperCase()
    return { pem: certificate.toString('pem'), serial, notBeforeMs, notAfterMs }
  }
}

/** Milliseconds since 1970 in whole seconds, which is all that certificates carry. */
function msOf(clock: Clock): number {
  return Number(clock.nowNs() / NS_PER_SECOND) * 1_000
}

const SERIAL_BYTES = 16
const POSITIVE_MASK = 0x7f
const LEAD = 0x40

/** A positive serial of fixed length, as RFC 5280 §4.1.2.2 asks for: 126 random bits. */
function serialOf(random: Random): string {
  const bytes = Buffer.from(random.bytes(SERIAL_BYTES))
  bytes[0] = ((bytes[0] ?? 0) & POSITIVE_MASK) | LEAD
  return bytes.toString('hex')
}

function assertPair(pem: string, key: string): void {
  const certificate = new X509Certificate(pem)
  const isCurve = certificate.publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  if (certificate.ca && isCurve && createPublicKey(key).equals(certificate.publicKey)) return
  throw new ServerError(
    'ERR_PKI',
    `${NAMES.certificate} is not the certificate of a P-256 authority whose key is ${NAMES.key}.`,
  )
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}

async function importKey(pem: string): Promise<CryptoKey> {
  try {
    const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
    // A copy of our own: WebCrypto's type excludes shared memory.
    const bytes = Uint8Array.from(der)
    return await crypto.subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign'])
  } catch (error) {
    throw new ServerError('ERR_PKI', `${NAMES.key} holds no private key on P-256.`, {
      cause: error,
    })
  }
}
