import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { checkSigningRequest, type RequestVerdict } from '../../src/pki/signing-request.ts'
import { signingRequest } from '../support/agent.ts'
import { seededRandom } from '../support/random.ts'

function block(bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString('base64')
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
}

function keyOf(verdict: RequestVerdict): string {
  return verdict.ok ? Buffer.from(verdict.publicKey.rawData).toString('hex') : verdict.reason
}

test(
  'signing request: damaged bytes never throw and never give another key',
  { timeout: 120_000 },
  async () => {
    const der = derOf((await signingRequest()).csr)
    const whole = await checkSigningRequest(block(der))
    let refused = 0
    const random = seededRandom('signing-request')
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = Buffer.from(der)
      const place = random.below(bytes.length)
      const before = bytes[place]
      bytes[place] = random.below(256)
      if (bytes[place] === before) continue
      const cut = random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes
      const verdict = await checkSigningRequest(block(cut))
      // Lengths that do not add up may be passed over; the key and its proof are never others.
      if (verdict.ok) equal(keyOf(verdict), keyOf(whole), `round ${round}, byte ${place}`)
      else refused += 1
    }
    ok(refused > 1_900, `${refused} were refused`)
  },
)

test('signing request: nesting without end is refused', async () => {
  // SEQUENCEs of unknown length, each in the one before.
  const bytes = Buffer.from([0x30, 0x80].flatMap((byte) => [byte]))
  const deep = Buffer.concat(Array.from({ length: 2_000 }, () => bytes))
  equal((await checkSigningRequest(block(deep))).ok, false)
  equal((await checkSigningRequest('')).ok, false)
  equal((await checkSigningRequest('-'.repeat(30_000))).ok, false)
})
