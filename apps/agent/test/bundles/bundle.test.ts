import { equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { Bundle } from '@pomona/schema'
import { bundleId, checkBundle, checkNovelty } from '../../src/bundles/bundle.ts'
import { AgentError } from '../../src/errors.ts'
import { TestSigner } from '../support/authority.ts'
import { type BundleWish, filesWith, ruleOn, signedBundle } from '../support/bundles.ts'

const SIGNER = new TestSigner()
const EXPECTED = { tenantId: 'default', keys: [SIGNER.published] }
const NOW_NS = 1_780_000_000_000_000_000n

test('bundle: a good one is read whole', () => {
  const bundle = signedBundle(SIGNER)
  const { id, manifest, content } = checkBundle(bundle, EXPECTED)
  equal(id, bundleId(bundle))
  match(id, /^[0-9a-f]{64}$/)
  equal(manifest.version, 1)
  equal(content.rules.counts.loaded, 1)
})

interface Refusal {
  readonly name: string
  readonly wish?: BundleWish
  readonly change?: (bundle: Bundle) => unknown
  readonly signer?: TestSigner
  readonly reason: RegExp
}

const mapping = filesWith()['mappings/sigma-macos.yml'] ?? ''
const refusals: readonly Refusal[] = [
  { name: 'is no bundle', change: () => ({ files: {} }), reason: /form/ },
  { name: 'another key signed', signer: new TestSigner(), reason: /signed/ },
  { name: 'an unknown key signed', signer: new TestSigner('signer-2'), reason: /signed/ },
  {
    name: 'has a manifest that was changed',
    change: ({ manifest, files }) => ({
      files,
      manifest: { ...manifest, payload: manifest.payload.replace('"version":1', '"version":9') },
    }),
    reason: /signed/,
  },
  { name: 'is for another tenant', wish: { manifest: { tenant_id: 'b' } }, reason: /tenant/ },
  {
    name: 'has a file that was changed',
    change: ({ manifest }) => ({ manifest, files: filesWith(ruleOn('else')) }),
    reason: /not the one/,
  },
  {
    name: 'lacks a file',
    change: ({ manifest }) => ({ manifest, files: { 'mappings/sigma-macos.yml': mapping } }),
    reason: /missing/,
  },
  {
    name: 'has a file nobody signed',
    change: ({ manifest, files }) => ({ manifest, files: { ...files, 'rules/more.yml': 'x: 1' } }),
    reason: /not in the manifest/,
  },
  {
    name: 'leads out of its place',
    wish: { files: { ...filesWith(), '../../etc/sudoers': 'ALL' } },
    reason: /path/,
  },
  { name: 'has no field mapping', wish: { files: { 'rules/a.yml': 'x' } }, reason: /mapping/ },
  {
    name: 'has a rule that cannot be loaded',
    wish: { files: filesWith(ruleOn('evil').replace('condition: selection', 'condition: other')) },
    reason: /rules\/evil\/rule\.yml:\d+/,
  },
]
for (const { name, wish, change, signer = SIGNER, reason } of refusals) {
  test(`bundle: refuses one that ${name}`, () => {
    const bundle = signedBundle(signer, wish)
    throws(
      () => checkBundle(change?.(bundle) ?? bundle, EXPECTED),
      (error) =>
        error instanceof AgentError &&
        error.code === 'ERR_BUNDLE_REFUSED' &&
        reason.test(error.message),
    )
  })
}

const novelties = [
  { name: 'above all before', version: 8, expires: '2100-01-01T00:00:00Z', refused: undefined },
  {
    name: 'as high as one before',
    version: 7,
    expires: '2100-01-01T00:00:00Z',
    refused: /version/,
  },
  { name: 'below one before', version: 6, expires: '2100-01-01T00:00:00Z', refused: /version/ },
  { name: 'that has expired', version: 8, expires: '2020-01-01T00:00:00Z', refused: /expired/ },
]
for (const { name, version, expires, refused } of novelties) {
  test(`bundle: ${refused === undefined ? 'takes' : 'refuses'} a version ${name}`, () => {
    const checked = checkBundle(signedBundle(SIGNER, { version, expires }), EXPECTED)
    const check = (): void => checkNovelty(checked, { nowNs: NOW_NS, versionMax: 7 })
    if (refused === undefined) check()
    else throws(check, refused)
  })
}
