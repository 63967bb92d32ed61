import 'reflect-metadata'
import { createPrivateKey, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type RequestOptions, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { EnrolmentAnswer } from '@pomona/schema'
import type { RunningServer } from '../../src/index.ts'

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A key and a signing request of it, both PEM. */
export interface KeyAndRequest {
  readonly key: string
  readonly csr: string
}

/** Makes a key and its signing request, as an agent does. */
export async function signingRequest(
  algorithm: { readonly name: string; readonly namedCurve: string; readonly hash: string } = P256,
  subject = 'CN=whatever',
): Promise<KeyAndRequest> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  })
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    csr: csr.toString('pem'),
  }
}

/** What a client shows to the agents' port. */
export interface Credentials {
  readonly certificate?: string
  readonly key?: string
}

/** An answer of the agents' port. */
export interface AgentResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

export interface AgentCall extends Credentials {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: RequestOptions
}

/** One request on a connection of its own. @throws What TLS throws. */
export async function callAgentPort(
  server: Pick<RunningServer, 'agentAddress' | 'authority'>,
  path: string,
  call: AgentCall = {},
): Promise<AgentResponse> {
  const { certificate, key, method = 'POST', body, headers = {}, tls = {} } = call
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body ?? {}))
  const sent = request(`${server.agentAddress}${path}`, {
    method,
    ca: server.authority,
    agent: false,
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    headers: { 'content-type': 'application/json', ...headers },
    ...tls,
  })
  // A server that refuses unread closes while the body is still being written.
  sent.on('error', () => undefined)
  sent.end(method === 'GET' ? undefined : bytes)
  const [response] = await once(sent, 'response')
  const answer = await text(response)
  const isJson = String(response.headers['content-type']).includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    body: isJson ? JSON.parse(answer) : answer,
  }
}

/** A Mac that has enrolled. */
export class TestAgent implements Credentials {
  readonly server: RunningServer
  readonly key: string
  readonly answer: EnrolmentAnswer
  readonly hardwareUuid: string
  readonly certificate: string
  readonly hostId: string

  constructor(
    server: RunningServer,
    parts: Omit<TestAgent, 'server' | 'certificate' | 'hostId' | 'call'>,
  ) {
    this.server = server
    this.key = parts.key
    this.answer = parts.answer
    this.hardwareUuid = parts.hardwareUuid
    this.certificate = parts.answer.certificate
    this.hostId = parts.answer.host_id
  }

  async call(path: string, call: AgentCall = {}): Promise<AgentResponse> {
    const { certificate, key } = this
    return await callAgentPort(this.server, path, { certificate, key, ...call })
  }
}

/** Body of a request to enrol. */
export function enrolmentBody(parts: {
  readonly token: string
  readonly csr: string
  readonly hardwareUuid?: string
}): unknown {
  const { token, csr, hardwareUuid = randomUUID() } = parts
  return { token, csr, hardware_uuid: hardwareUuid, host: { name: 'Ada’s Mac' } }
}

/** Enrols a Mac with a token of its own. */
export async function enrolAgent(
  server: RunningServer,
  hardwareUuid: string = randomUUID(),
): Promise<TestAgent> {
  const token = await server.makeEnrolmentToken({
    label: 'test',
    usesMax: 1,
    lifetimeSeconds: 600,
    actor: 'test',
  })
  const { key, csr } = await signingRequest()
  const { status, body } = await callAgentPort(server, '/agent/v1/enrol', {
    body: enrolmentBody({ token, csr, hardwareUuid }),
  })
  if (status !== 200) throw new Error(`not enrolled: ${status} ${JSON.stringify(body)}`)
  return new TestAgent(server, { key, answer: EnrolmentAnswer.parse(body), hardwareUuid })
}
