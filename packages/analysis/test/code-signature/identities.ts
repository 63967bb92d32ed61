/** A certificate authority of our own, for signatures that the world lacks. */
import { generateKeyPairSync } from 'node:crypto'
import { makeCertificate, makeTimestamp, trustedRoot } from '@pomona/analysis/testing'

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`)
const key = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

/** The time all tests are judged at. */
export const NOW_MS = day('2026-11-25')
/** When the tests' signatures were dated. */
export const SIGNED_MS = day('2024-06-01')

const long = { notBeforeMs: day('2020-01-01'), notAfterMs: day('2040-01-01') }
const root = makeCertificate({
  ...long,
  name: { CN: 'Test Root CA', O: 'Test' },
  privateKey: key(),
  serial: 1,
  authority: true,
})
const intermediate = makeCertificate({
  ...long,
  name: { CN: 'Test Developer Authority', O: 'Test' },
  privateKey: key(),
  issuer: root,
  serial: 2,
  authority: true,
  marks: ['1.2.840.113635.100.6.2.6'],
})
const leafKey = key()
/** Valid in 2024 only: what it signed holds today by its timestamp alone. */
const leaf = makeCertificate({
  name: { CN: 'Developer ID Application: Test (TEAM123456)', OU: 'TEAM123456', O: 'Test' },
  privateKey: leafKey,
  issuer: intermediate,
  serial: 3,
  notBeforeMs: day('2024-01-01'),
  notAfterMs: day('2025-01-01'),
  marks: ['1.2.840.113635.100.6.1.13'],
})
const stamper = makeCertificate({
  ...long,
  name: { CN: 'Test Timestamps' },
  privateKey: key(),
  issuer: root,
  serial: 4,
  timestamping: true,
})

/** What the tests trust in place of Apple. */
export const ROOTS = [trustedRoot(root)]

/** Signs as the test's developer, without a date. */
export const UNDATED = {
  signer: leaf,
  certificates: [leaf.certificate, intermediate.certificate, root.certificate],
}

/** Signs as the test's developer, dated by the test's authority. */
export const DATED = {
  ...UNDATED,
  timestamp: makeTimestamp(
    { signer: stamper, certificates: [stamper.certificate, root.certificate] },
    SIGNED_MS,
  ),
}

/** Dated by somebody whose certificate is not for that. */
export const DATED_WRONGLY = {
  ...UNDATED,
  timestamp: makeTimestamp({ ...UNDATED }, SIGNED_MS),
}

/** A developer that nobody vouches for. */
export const SELF_MADE = (() => {
  const own = makeCertificate({
    ...long,
    name: { CN: 'Developer ID Application: Test (TEAM123456)', OU: 'TEAM123456' },
    privateKey: key(),
    serial: 9,
    marks: ['1.2.840.113635.100.6.1.13'],
  })
  return { signer: own, certificates: [own.certificate] }
})()
