import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { codeSignature, CodeSignatures } from '../src/code-signature.ts'

const NONE = {
  flags: undefined,
  signingId: undefined,
  teamId: undefined,
  platformBinary: undefined,
}

const cases = [
  {
    name: 'a platform binary',
    facts: { flags: 0x2200_0001, platformBinary: true },
    status: 'trusted',
  },
  {
    name: 'a platform binary without the bit (macOS 14)',
    facts: { flags: 0x2201_3b11, platformBinary: true },
    status: 'trusted',
  },
  {
    name: 'the platform bit without the boolean',
    facts: { flags: 0x2600_0001, platformBinary: false },
    status: 'untrusted',
  },
  { name: 'a developer', facts: { flags: 0x2201_0301, teamId: 'T' }, status: 'trusted' },
  { name: 'nobody in particular', facts: { flags: 0x2000_0001 }, status: 'untrusted' },
  { name: 'the linker, ad-hoc', facts: { flags: 0x2202_0203, teamId: 'T' }, status: 'adhoc' },
  {
    name: 'someone, but invalidated',
    facts: { flags: 0x2300_0202, teamId: 'T' },
    status: 'invalid',
  },
  {
    name: 'an Apple binary, but invalidated',
    facts: { flags: 0x2000_0000, platformBinary: true },
    status: 'invalid',
  },
  { name: 'no one', facts: { flags: 0 }, status: 'unsigned' },
]
for (const { name, facts, status } of cases) {
  test(`code signature: signed by ${name} is ${status}`, () => {
    const signature = codeSignature({ ...NONE, ...facts })
    equal(signature?.status, status)
    equal(signature?.trusted, status === 'trusted')
    equal(signature?.exists, status !== 'unsigned')
  })
}

test('code signature: without facts there is none, without flags no claim', () => {
  equal(codeSignature(NONE), undefined)
  deepEqual(codeSignature({ ...NONE, signingId: 'a' }), { signing_id: 'a' })
})

test('code signature: flags beyond 31 bits and unknown bits do no harm', () => {
  deepEqual(codeSignature({ ...NONE, flags: 0xa000_0001 })?.flags, ['valid', 'signed'])
  deepEqual(codeSignature({ ...NONE, flags: -1 })?.exists, true)
})

test('code signature: equal facts share one object, similar ones do not', () => {
  const known = new CodeSignatures()
  const facts = { flags: 0x2000_0001, signingId: 'b', teamId: 'a', platformBinary: false }
  equal(known.of(facts), known.of({ ...facts }))
  deepEqual(known.of({ ...facts, teamId: undefined, signingId: 'a/b' })?.signing_id, 'a/b')
})
