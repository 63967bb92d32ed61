import { equal } from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { memoryKeyFiles } from '../../src/pki/key-files.ts'
import { CommandSigner } from '../../src/pki/signing-key.ts'

test('signing key: is made once; what it signs is verified with what is published', async () => {
  const files = memoryKeyFiles()
  const signer = await CommandSigner.open(files)
  const again = await CommandSigner.open(files)
  equal(again.keyId, signer.keyId)
  const { payload, signature, key_id: keyId } = await again.sign('{"ä":1}')
  equal(keyId, signer.published.key_id)
  const der = Buffer.from(signer.published.public_key, 'base64')
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  const bytes = Buffer.from(signature, 'base64')
  equal(verify(undefined, Buffer.from(payload), key, bytes), true)
  equal(verify(undefined, Buffer.from(`${payload} `), key, bytes), false)
})
