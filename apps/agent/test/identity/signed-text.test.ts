import { equal } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { isSigned } from '../../src/identity/signed-text.ts'
import { TestSigner } from '../support/authority.ts'

const SIGNER = new TestSigner('a')
const SIGNED = SIGNER.sign({ text: 'wörd' })
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const P256_PUBLISHED = {
  key_id: 'a',
  public_key: P256.export({ type: 'spki', format: 'der' }).toString('base64'),
}

const cases = [
  { name: 'the key that signed', text: SIGNED, keys: [SIGNER.published], want: true },
  {
    name: 'the key among others',
    text: SIGNED,
    keys: [new TestSigner('b').published, SIGNER.published],
    want: true,
  },
  { name: 'no key', text: SIGNED, keys: [], want: false },
  {
    name: 'another key of the same name',
    text: SIGNED,
    keys: [new TestSigner('a').published],
    want: false,
  },
  {
    name: 'a text that was changed',
    text: { ...SIGNED, payload: `${SIGNED.payload} ` },
    keys: [SIGNER.published],
    want: false,
  },
  {
    name: 'no signature',
    text: { ...SIGNED, signature: '' },
    keys: [SIGNER.published],
    want: false,
  },
  {
    name: 'a key that is none',
    text: SIGNED,
    keys: [{ key_id: 'a', public_key: 'AAAA' }],
    want: false,
  },
  { name: 'a key of another kind', text: SIGNED, keys: [P256_PUBLISHED], want: false },
]
for (const { name, text, keys, want } of cases) {
  test(`signed text: ${want ? 'is taken' : 'is refused'} with ${name}`, () => {
    equal(isSigned(text, keys), want)
  })
}
