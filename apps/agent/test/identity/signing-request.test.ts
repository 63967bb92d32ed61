import { equal, notEqual, throws } from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { makeKey, signingRequest } from '../../src/identity/signing-request.ts'
import { requestedKey } from '../support/authority.ts'

test('signing request: asks for the key it is signed by', async () => {
  const key = createPrivateKey(await makeKey())
  const requested = requestedKey(signingRequest(key))
  equal(requested.equals(createPublicKey(key)), true)
  equal(requested.asymmetricKeyDetails?.namedCurve, 'prime256v1')
})

test('signing request: a changed request is not signed by its key', async () => {
  const pem = signingRequest(createPrivateKey(await makeKey()))
  const lines = pem.split('\n')
  const changed = Buffer.from(lines.slice(1, -2).join(''), 'base64')
  // The subject's first letter: outside the signature, inside what is signed.
  const at = changed.indexOf('pomona-agent')
  notEqual(at, -1)
  changed.write('P', at)
  const text = `${lines[0]}\n${changed.toString('base64')}\n${lines.at(-2)}\n`
  throws(() => requestedKey(text), /not signed/)
})

test('signing request: every key is another one', async () => {
  notEqual(await makeKey(), await makeKey())
})
