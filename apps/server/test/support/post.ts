import { type EventBatch, type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { zstdCompressSync } from 'node:zlib'
import type { RunningServer } from '../../src/index.ts'
import { systemClock, systemRandom } from '../../src/clock.ts'
import { Authority } from '../../src/pki/authority.ts'
import type { KeyFiles } from '../../src/pki/key-files.ts'
import { checkSigningRequest } from '../../src/pki/signing-request.ts'
import { callAgentPort, type Credentials, signingRequest } from './agent.ts'

/** The server whose hosts a test may speak for, by its address. */
const known = new Map<string, { readonly server: RunningServer; readonly keys: KeyFiles }>()

/** Lets {@link post} speak for any host of this server, with the server's own authority. */
export function speakFor(server: RunningServer, keys: KeyFiles): void {
  known.set(server.address, { server, keys })
}

const issued = new Map<string, Promise<Credentials>>()

async function credentialsOf(keys: KeyFiles, hostId: string): Promise<Credentials> {
  const { key, csr } = await signingRequest()
  const verdict = await checkSigningRequest(csr)
  if (!verdict.ok) throw new Error(verdict.reason)
  const authority = await Authority.open({ files: keys, clock: systemClock, random: systemRandom })
  const host = { tenantId: TENANT_DEFAULT, hostId: hostId as HostId }
  return { key, certificate: (await authority.issueHost(verdict.publicKey, host)).pem }
}

/** Posts a batch as the agent of its host does; what names no host comes from `mac-1`. */
export async function post(
  address: string,
  batch: EventBatch | string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const found = known.get(address)
  if (found === undefined) throw new Error(`${address} is no server of this test`)
  const { server, keys } = found
  const isPlain = batch instanceof Uint8Array || typeof batch === 'string'
  const plain = isPlain ? batch : JSON.stringify(batch)
  const hostId = isPlain ? 'mac-1' : batch.host.id
  const place = `${server.agentAddress} ${hostId}`
  const credentials = issued.get(place) ?? credentialsOf(keys, hostId)
  issued.set(place, credentials)
  const compressed = headers['content-encoding'] === undefined
  const {
    status,
    headers: answered,
    body,
  } = await callAgentPort(server, '/agent/v1/batches', {
    ...(await credentials),
    body: compressed ? zstdCompressSync(plain) : Buffer.from(plain),
    headers: { 'content-encoding': 'zstd', ...headers },
  })
  const names = Object.entries(answered).map(([name, value]) => [name, String(value)] as const)
  return new Response(JSON.stringify(body), { status, headers: names.map(([a, b]) => [a, b]) })
}
