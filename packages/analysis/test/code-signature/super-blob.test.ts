/** Signatures cut out of real programs, against what other tools said of them. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  APPLE_ROOTS,
  Budget,
  ByteView,
  effectiveEntitlements,
  judgeSignature,
  readCodeSignature,
} from '@pomona/analysis'
import { makeSignature } from '@pomona/analysis/testing'
import { DATED } from './identities.ts'

const FOLDER = join(import.meta.dirname, '../../../../../shared/data/artifacts')
const MANIFEST = join(FOLDER, 'signing/manifest.json')
const skip = existsSync(MANIFEST) ? false : 'signatures are not at ../shared/data/artifacts/signing'

interface Known {
  readonly file: string
  readonly kind: string
  readonly identifier: string
  readonly team: string | null
  readonly cd_version: string
  readonly flags: number
  readonly page_size: number
  readonly hash_types: readonly string[]
  readonly cdhash: string
  readonly special_slots: Readonly<Record<string, string>>
  readonly slots: readonly { readonly slot: number; readonly magic: string; readonly len: number }[]
  readonly runtime: string | null
  readonly entitlement_keys: readonly string[]
}

// Data beside the checkout: a wrong shape fails the test that reads it.
const known = skip === false ? (JSON.parse(readFileSync(MANIFEST, 'utf8')) as Known[]) : []
const NOW_MS = Date.parse('2026-11-25T00:00:00Z')

function read(bytes: Uint8Array) {
  const range = { offset: 0, size: bytes.length }
  return readCodeSignature({ bytes, range, roots: APPLE_ROOTS, nowMs: NOW_MS }, new Budget())
}

test('super blob: real signatures are at hand', { skip }, () => ok(known.length >= 13))

for (const one of known) {
  const name = one.file.replace(/^signing\//, '')
  const bytes = readFileSync(join(FOLDER, one.file))
  test(`super blob: ${name} says what others read of it`, () => {
    const signature = read(bytes)
    const { best, blobs, problems, directories } = signature
    const directory = best?.directory
    deepEqual(problems, [])
    deepEqual(
      {
        identifier: directory?.identifier,
        team: directory?.teamId ?? null,
        version: `0x${directory?.version.toString(16)}`,
        flags: directory?.flags,
        pageSize: directory?.pageSize,
        hashTypes: directories.map(({ directory: { hashType } }) => hashType),
        cdhash: directory?.cdhash,
        runtime: directory?.runtimeVersion ?? null,
        slots: blobs.map(({ slot, magic, size }) => ({
          slot,
          magic: magic.toString(16),
          len: size,
        })),
        entitlements: [...(effectiveEntitlements(signature)?.keys() ?? [])].toSorted(),
      },
      {
        identifier: one.identifier,
        team: one.team,
        version: one.cd_version,
        flags: one.flags,
        pageSize: one.page_size,
        hashTypes: one.hash_types,
        cdhash: one.cdhash,
        runtime: one.runtime,
        slots: one.slots,
        entitlements: one.entitlement_keys.toSorted(),
      },
    )
    const right = Object.keys(one.special_slots).map((slot) => `${slot} right`)
    deepEqual(
      best?.slots.map(({ slot, state }) => `${slot} ${state}`),
      right,
    )
    deepEqual(signature.entitlements?.differences ?? [], [])
  })

  test(`super blob: ${name} is signed as ${one.kind}`, () => {
    const signature = read(bytes)
    const { kind, authorities, designated } = judgeSignature(signature)
    equal(kind, one.kind === 'cms' ? 'signed' : one.kind)
    if (one.kind !== 'cms') return
    equal(authorities.at(-1), 'Apple Root CA')
    equal(designated, true)
    const { signer, listedHashesRight, timestamp } = signature.cms ?? {}
    deepEqual([signer?.digestRight, signer?.signatureRight, listedHashesRight], [true, true, true])
    const isApple = one.identifier.startsWith('com.apple.')
    equal(timestamp?.trusted, isApple ? undefined : true)
  })
}

test('super blob: the entitlements of bun have the hash of YARA-X', { skip }, () => {
  const bytes = readFileSync(join(FOLDER, 'signing/bun.arm64.superblob'))
  equal(read(bytes).entitlements?.hash, '87277d7a433d6401677cb2a456ae993a')
})

const openssl = spawnSync('openssl', ['version']).status === 0
const noOpenssl = openssl ? false : 'openssl is not installed'

/** Whether openssl finds the message to be a signature of the content; chains are not asked. */
function opensslAgrees(context: TestContext, bytes: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-cms-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const view = new ByteView(bytes, 'big')
  const blob = (slot: number): Uint8Array => {
    for (let at = 12; ; at += 8) {
      if (view.u32(at) !== slot) continue
      const offset = view.u32(at + 4)
      return view.slice(offset, view.u32(offset + 4)).bytes
    }
  }
  const [message, content] = [join(folder, 'message'), join(folder, 'content')]
  writeFileSync(message, blob(0x10000).subarray(8))
  writeFileSync(content, blob(0))
  const form = ['-inform', 'DER', '-in', message, '-content', content, '-binary']
  const args = ['cms', '-verify', ...form, '-noverify', '-out', join(folder, 'out')]
  return spawnSync('openssl', args).status === 0
}

for (const one of known.filter(({ kind }) => kind === 'cms')) {
  test(
    `super blob: openssl agrees on the message of ${one.file}`,
    { skip: noOpenssl },
    (context) => {
      const bytes = readFileSync(join(FOLDER, one.file))
      equal(opensslAgrees(context, bytes), true)
      // And on a directory that is another one than what was signed.
      const changed = Buffer.from(bytes)
      changed.writeUInt32BE(0, changed.readUInt32BE(16) + 12)
      const other = one.flags === 0 ? bytes : changed
      const { signer } = read(other).cms ?? {}
      equal(opensslAgrees(context, other), signer?.digestRight === true && signer.signatureRight)
    },
  )
}

test('super blob: openssl accepts what our own signer writes', { skip: noOpenssl }, (context) => {
  const bytes = makeSignature(Buffer.alloc(5_000, 7), { identifier: 'org.example', cms: DATED })
  equal(opensslAgrees(context, bytes), true)
})

test('super blob: a blob that stands twice or lies outside is told', () => {
  const bytes = makeSignature(Buffer.alloc(10), { identifier: 'a', ticket: Buffer.from('t') })
  bytes.writeUInt32BE(2, 12 + 16)
  deepEqual(
    read(bytes).problems.map(({ message }) => message),
    ['The requirements stands twice.'],
  )
  bytes.writeUInt32BE(0x7fffffff, 12 + 20)
  deepEqual(
    read(bytes).problems.map(({ message }) => message),
    ['The requirements reaches beyond the signature.'],
  )
})

test('super blob: more blobs than bytes end the list, not the reader', () => {
  const bytes = makeSignature(Buffer.alloc(10), { identifier: 'a' })
  bytes.writeUInt32BE(0xffffffff, 8)
  ok(read(bytes).problems.length > 0)
  deepEqual(
    read(Buffer.from('no signature')).problems.map(({ code }) => code),
    ['ERR_ANALYSIS_MALFORMED'],
  )
})
