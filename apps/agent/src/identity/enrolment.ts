import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { EnrolmentAnswer, type EnrolmentRequest, type RenewalRequest } from '@pomona/schema'
import { AgentError, messageOf } from '../errors.ts'
import type { Link, LinkAnswer } from '../uplink/link.ts'
import { readAnswer, readProblem } from '../uplink/problem.ts'
import { assertPair, type Identity, type IdentityStore } from './identity.ts'
import { makeKey, signingRequest } from './signing-request.ts'

/** How a Mac enrols. */
export interface EnrolmentOptions {
  readonly link: Link
  readonly store: IdentityStore
  readonly token: string
  readonly hardwareUuid: string
  readonly host: EnrolmentRequest['host']
}

const TIMEOUT_MS = 60_000
const ANSWER_BYTES_MAX = 256 * 1024

/**
 * Asks for the first certificate. The key is on disk before it is asked with: when the answer is
 * lost, the same key asks again, and the server takes that as the same use of the token.
 *
 * @throws AgentError ERR_ENROLMENT_REFUSED when the server refuses for good; the signal's reason.
 */
export async function enrol(options: EnrolmentOptions, signal: AbortSignal): Promise<Identity> {
  const { link, store, token, hardwareUuid, host } = options
  const key = await pendingKey(store)
  const csr = signingRequest(createPrivateKey(key))
  const request: EnrolmentRequest = { token, csr, hardware_uuid: hardwareUuid, host }
  const answer = await link.call({ ...posted('/agent/v1/enrol', request), signal }, 'return')
  const identity = identityOf(answer, { key, link })
  await store.save(identity)
  return identity
}

/**
 * Asks for the next certificate, with a new key, while the present one is valid.
 *
 * @throws AgentError ERR_ENROLMENT_REFUSED when the server refuses for good; the signal's reason.
 */
export async function renew(
  { link, store }: Pick<EnrolmentOptions, 'link' | 'store'>,
  signal: AbortSignal,
): Promise<Identity> {
  const key = await makeKey()
  const request: RenewalRequest = { csr: signingRequest(createPrivateKey(key)) }
  const answer = await link.call({ ...posted('/agent/v1/renew', request), signal }, 'return')
  const identity = identityOf(answer, { key, link })
  await store.save(identity)
  return identity
}

async function pendingKey(store: IdentityStore): Promise<string> {
  const kept = await store.loadPendingKey()
  if (kept !== undefined && isKey(kept)) return kept
  const key = await makeKey()
  await store.savePendingKey(key)
  return key
}

/** A key that was damaged on the disk is none; the token may be used up by it, which shows then. */
function isKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ec'
  } catch {
    return false
  }
}

function posted(path: string, value: object) {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
    timeoutMs: TIMEOUT_MS,
    answerBytesMax: ANSWER_BYTES_MAX,
  } as const
}

function identityOf(
  answer: LinkAnswer,
  { key, link }: { readonly key: string; readonly link: Link },
): Identity {
  if (answer.status !== 200 && answer.status !== 201) {
    const { code, message } = readProblem(answer)
    throw new AgentError('ERR_ENROLMENT_REFUSED', `The server refuses this Mac: ${message}`, {
      details: { status: answer.status, code: code ?? 'none' },
    })
  }
  const enrolled = readAnswer(answer, EnrolmentAnswer)
  link.skew.learn(enrolled.server_time, answer.exchange)
  const { host_id, tenant_id, certificate, authority, signing_keys } = enrolled
  assertPair({ key, certificate })
  return { host_id, tenant_id, key, certificate, authority, signing_keys }
}

/** What an enrolment asks the server's certificate to be, before the agent has its authority. */
export interface ServerPin {
  /** `https://…` */
  readonly server: string
  /** SHA-256 of the authority's certificate, base64url. */
  readonly fingerprint: string
}

const CONNECT_TIMEOUT_MS = 30_000

/**
 * Fetches the certificate of the authority that an enrolment token names. The connection proves
 * nothing and carries nothing; the certificate is the right one because its hash is.
 *
 * @returns PEM.
 * @throws  AgentError ERR_UPLINK_NETWORK, ERR_UPLINK_TRUST when the server shows another authority;
 *   the signal's reason.
 */
export async function pinnedAuthority(pin: ServerPin, signal: AbortSignal): Promise<string> {
  const { hostname, port } = new URL(pin.server)
  const socket = connect({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || '443'),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    ...(/^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname }),
  })
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])
    await once(socket, 'secureConnect', { signal: deadline })
    for (const der of chainOf(socket.getPeerCertificate(true))) {
      const fingerprint = createHash('sha256').update(der).digest('base64url')
      if (fingerprint === pin.fingerprint) return new X509Certificate(der).toString()
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw new AgentError(
      'ERR_UPLINK_NETWORK',
      `The server cannot be reached to enrol: ${messageOf(cause)}`,
      { cause },
    )
  } finally {
    socket.destroy()
  }
  throw new AgentError(
    'ERR_UPLINK_TRUST',
    'The server is not the one the enrolment token is for. Check server_url and the token.',
  )
}

const CHAIN_MAX = 8

function chainOf(leaf: ReturnType<ReturnType<typeof connect>['getPeerCertificate']>) {
  const chain: Buffer[] = []
  // With `true`, Node gives each certificate its issuer; the last one is its own.
  let certificate = leaf as typeof leaf & { issuerCertificate?: typeof leaf }
  while (chain.length < CHAIN_MAX && certificate.raw !== undefined) {
    chain.push(certificate.raw)
    const issuer = certificate.issuerCertificate
    if (issuer === undefined || issuer === certificate) break
    certificate = issuer
  }
  return chain
}
