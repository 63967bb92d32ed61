import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { HostId, TenantId } from '@pomona/schema'
import { systemRandom } from '../../src/clock.ts'
import { Authority } from '../../src/pki/authority.ts'
import { judgeCertificate, readCertificate } from '../../src/pki/certificate-check.ts'
import { type KeyFiles, memoryKeyFiles } from '../../src/pki/key-files.ts'
import { checkSigningRequest } from '../../src/pki/signing-request.ts'
import { signingRequest } from '../support/agent.ts'
import { FakeClock } from '../support/clock.ts'

const NAMES = ['pomona.example', '192.0.2.7', '::1']
const HOST = { tenantId: 'default' as TenantId, hostId: 'mac-1' as HostId }
const DAY_SECONDS = 86_400

function open(files: KeyFiles, clock = new FakeClock()): Promise<Authority> {
  return Authority.open({ files, clock, random: systemRandom })
}

async function issue(authority: Authority): Promise<X509Certificate> {
  const verdict = await checkSigningRequest((await signingRequest()).csr)
  if (!verdict.ok) throw new Error(verdict.reason)
  return new X509Certificate((await authority.issueHost(verdict.publicKey, HOST)).pem)
}

test('authority: is made once, and vouches for hosts and for the listener', async () => {
  const files = memoryKeyFiles()
  const clock = new FakeClock()
  const authority = await open(files, clock)
  const again = await open(files, clock)
  equal(again.fingerprint, authority.fingerprint)
  const [root] = authority.trusted
  ok(root?.ca)
  const certificate = await issue(again)
  const facts = readCertificate(certificate, authority.trusted)
  ok(facts.ok)
  deepEqual(facts.identity, {
    ...HOST,
    serial: certificate.serialNumber,
    notAfterMs: Number(clock.nowNs() / 1_000_000n) + 30 * DAY_SECONDS * 1_000,
  })
  const first = await authority.serverCredentials(NAMES)
  const leaf = new X509Certificate(first.cert)
  for (const name of ['pomona.example']) ok(leaf.checkHost(name))
  ok(leaf.checkIP('192.0.2.7'))
  ok(leaf.checkIP('::1'))
  ok(first.cert.includes(root.toString().trim()), 'the chain goes up to what agents pin')
})

test('authority: the listener’s certificate is kept, and renewed in time', async () => {
  const clock = new FakeClock()
  const authority = await open(memoryKeyFiles(), clock)
  const first = await authority.serverCredentials(NAMES)
  equal((await authority.serverCredentials(NAMES)).cert, first.cert)
  const more = await authority.serverCredentials([...NAMES, 'other.example'])
  ok(more.cert !== first.cert && more.key !== first.key, 'another name')
  clock.advanceSeconds(364 * DAY_SECONDS)
  equal((await authority.serverCredentials(NAMES)).cert, more.cert)
  clock.advanceSeconds(2 * DAY_SECONDS)
  const renewed = new X509Certificate((await authority.serverCredentials(NAMES)).cert)
  const nowMs = Number(clock.nowNs() / 1_000_000n)
  // An agent whose clock is 400 days off can still say so.
  ok(Date.parse(renewed.validTo) - nowMs > 700 * DAY_SECONDS * 1_000)
  ok(nowMs - Date.parse(renewed.validFrom) > 700 * DAY_SECONDS * 1_000)
})

test('authority: one replaces the other while hosts hold certificates of both', async () => {
  const files = memoryKeyFiles()
  const old = await open(files)
  const ofOld = await issue(old)
  const nextFiles = memoryKeyFiles()
  const next = await open(nextFiles)
  const pem = async (from: KeyFiles): Promise<string> => (await from.read('authority.pem')) ?? ''
  const oldPem = await pem(files)
  // First the new one is only trusted, and told to agents.
  await files.write('authority-next.pem', await pem(nextFiles))
  const before = await open(files)
  equal(before.fingerprint, old.fingerprint)
  ok(before.bundle.includes((await pem(nextFiles)).trim()))
  const shown = await before.serverCredentials(NAMES)
  // Then it issues, and the old one is only trusted.
  await files.write('authority.pem', await pem(nextFiles))
  await files.write('authority.key', (await nextFiles.read('authority.key')) ?? '')
  await files.write('authority-previous.pem', oldPem)
  const after = await open(files)
  equal(after.fingerprint, next.fingerprint)
  const ofNew = await issue(after)
  for (const certificate of [ofOld, ofNew]) {
    equal(readCertificate(certificate, after.trusted).ok, true)
    equal(readCertificate(certificate, before.trusted).ok, true)
  }
  ok((await after.serverCredentials(NAMES)).cert !== shown.cert, 'the listener has one of the new')
  equal(readCertificate(ofNew, old.trusted).ok, false)
})

test('authority: half of it, or a key of another, stops the start', async () => {
  const files = memoryKeyFiles()
  await open(files)
  const other = memoryKeyFiles()
  await open(other)
  const half = memoryKeyFiles()
  await half.write('authority.pem', (await files.read('authority.pem')) ?? '')
  await rejects(open(half), { code: 'ERR_PKI' })
  await half.write('authority.key', (await other.read('authority.key')) ?? '')
  await rejects(open(half), { code: 'ERR_PKI' })
  await half.write('authority.key', 'x')
  await rejects(open(half), { code: 'ERR_PKI' })
  await half.write('authority.key', (await files.read('authority.key')) ?? '')
  await half.write('authority-next.pem', 'x')
  await rejects(open(half), { code: 'ERR_PKI' })
})

const moments = [
  {
    name: 'a second before it begins',
    days: -1 / 24 - 1 / DAY_SECONDS,
    want: 'certificate_not_yet_valid',
  },
  { name: 'when it begins', days: -1 / 24, want: undefined },
  { name: 'a second before its end', days: 30 - 1 / DAY_SECONDS, want: undefined },
  { name: 'at its end', days: 30, want: 'certificate_expired' },
]
for (const { name, days, want } of moments) {
  test(`certificate: ${name}`, async () => {
    const clock = new FakeClock()
    const authority = await open(memoryKeyFiles(), clock)
    const facts = readCertificate(await issue(authority), authority.trusted)
    const ms = Number(clock.nowNs() / 1_000_000n) + Math.round(days * DAY_SECONDS) * 1_000
    const verdict = judgeCertificate(facts, { ms, isRevoked: () => false })
    equal(verdict.ok ? undefined : verdict.reason, want)
  })
}
