import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  Budget,
  type CodeSignature,
  effectiveEntitlements,
  judgeSignature,
  readCodeSignature,
  readMachOFile,
  type SealedFiles,
} from '@pomona/analysis'
import {
  mutated,
  requirementBody,
  seededNumbers,
  signImage,
  type SigningPlan,
  writeImage,
} from '@pomona/analysis/testing'
import { DATED, DATED_WRONGLY, NOW_MS, ROOTS, SELF_MADE, UNDATED } from './identities.ts'

/** Damaged inputs that are tried; the long suite asks for more. */
const RUNS = Number(process.env['POMONA_TEST_RUNS'] ?? 5_000)

const EXTENSION_EXISTS = 0
const LEAF = 0
/** `identifier … and anchor apple generic and certificate leaf[field…6.1.13]`, in opcodes. */
const DESIGNATED = requirementBody(
  6,
  2,
  'org.example.tool',
  6,
  15,
  14,
  LEAF,
  Buffer.from('2a864886f763640601 0d'.replaceAll(' ', ''), 'hex'),
  EXTENSION_EXISTS,
)
const XML =
  '<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>' +
  '<key>com.apple.security.app-sandbox</key><true/></dict></plist>'
const PLAN: SigningPlan = {
  identifier: 'org.example.tool',
  teamId: 'TEAM123456',
  designated: DESIGNATED,
  entitlements: XML,
  entitlementsDer: { 'com.apple.security.app-sandbox': true },
  runtimeVersion: 0x0e0000,
  cms: DATED,
}

const IMAGE = writeImage({
  segments: [
    { name: '__TEXT', protection: 5, section: { name: '__text', bytes: Buffer.alloc(20_000, 1) } },
  ],
})

function signatureOf(bytes: Uint8Array, files: SealedFiles = {}): CodeSignature | undefined {
  const budget = new Budget()
  const [part] = readMachOFile(bytes, budget).parts
  const range = part?.image?.tables['LC_CODE_SIGNATURE']
  if (range === undefined) return undefined
  return readCodeSignature({ bytes, range, roots: ROOTS, nowMs: NOW_MS, ...files }, budget)
}

const ids = (bytes: Uint8Array, files?: SealedFiles): readonly string[] =>
  judgeSignature(signatureOf(bytes, files)).findings.map(({ id }) => id)

test('signature: one with everything holds, with the timestamp as the time it is judged at', () => {
  const signature = signatureOf(signImage(IMAGE, PLAN))
  ok(signature)
  deepEqual(signature.problems, [])
  const judged = judgeSignature(signature)
  deepEqual(judged, {
    kind: 'signed',
    valid: true,
    authorities: [
      'Developer ID Application: Test (TEAM123456)',
      'Test Developer Authority',
      'Test Root CA',
    ],
    designated: true,
    predicted: {
      source: 'Developer ID',
      reason: 'No ticket is stapled; whether Apple has one is only known online.',
    },
    findings: [],
  })
  equal(signature.cms?.judgedBy, 'timestamp')
  equal(signature.best?.directory.teamId, 'TEAM123456')
  equal(signature.best?.directory.runtimeVersion, '14.0.0')
  equal(
    signature.requirements[0]?.text,
    'identifier "org.example.tool" and anchor apple generic and ' +
      'certificate leaf[field.1.2.840.113635.100.6.1.13] /* exists */',
  )
  deepEqual(
    [...(effectiveEntitlements(signature) ?? [])],
    [['com.apple.security.app-sandbox', true]],
  )
})

test('signature: an image without one is unsigned', () => {
  deepEqual(judgeSignature(signatureOf(IMAGE)), {
    kind: 'unsigned',
    valid: false,
    authorities: [],
    predicted: { source: 'no usable signature', reason: 'It is not signed.' },
    findings: [],
  })
})

/** Where a blob lies in a signed image. */
function blobOffset(bytes: Buffer, slot: number): number {
  const start = bytes.indexOf(Buffer.from('fade0cc0', 'hex'))
  for (let at = start + 12; ; at += 8) {
    if (bytes.readUInt32BE(at) === slot) return start + bytes.readUInt32BE(at + 4)
  }
}

function damaged(change: (bytes: Buffer) => Buffer | void, plan: SigningPlan = PLAN): Buffer {
  const bytes = signImage(IMAGE, plan)
  return change(bytes) ?? bytes
}

const flip = (bytes: Buffer, at: number): void => {
  bytes[at] = (bytes[at] ?? 0) ^ 0x40
}

// The tamper matrix: each change has its own finding, and only that.
const TAMPERED = [
  {
    name: 'a byte of the code',
    bytes: damaged((bytes) => flip(bytes, 9_000)),
    findings: ['code_modified'],
  },
  {
    name: 'a byte of the requirements',
    bytes: damaged((bytes) => flip(bytes, blobOffset(bytes, 2) + 46)),
    findings: ['slot_modified', 'requirement_unmet'],
  },
  {
    name: 'the flags of the directory',
    bytes: damaged((bytes) => flip(bytes, blobOffset(bytes, 0) + 13)),
    findings: ['directory_modified', 'cdhashes_differ', 'requirement_unmet'],
  },
  {
    name: 'a value of the entitlements (XML)',
    bytes: damaged((bytes) => {
      bytes.write('false/>', bytes.indexOf('true/></dict>'))
    }),
    findings: ['slot_modified'],
  },
  {
    name: 'a value of the entitlements (DER)',
    bytes: damaged((bytes) => {
      const start = blobOffset(bytes, 7)
      bytes[bytes.indexOf(Buffer.from('0101ff', 'hex'), start) + 2] = 0
    }),
    findings: ['slot_modified', 'entitlements_differ'],
  },
  {
    name: 'the signature value',
    bytes: damaged((bytes) => {
      const leaf = DATED.signer.certificate.length
      // The signature of the message is the OCTET STRING of 256 bytes before the timestamp.
      const start = blobOffset(bytes, 0x10000) + leaf
      flip(bytes, bytes.indexOf(Buffer.from('04820100', 'hex'), start) + 40)
    }),
    findings: ['cms_signature_wrong', 'timestamp_wrong', 'chain_expired', 'requirement_unmet'],
  },
  {
    name: 'the end of the file, cut off inside of the code',
    bytes: damaged((bytes) => bytes.subarray(0, 8_200)),
    findings: ['signature_unreadable'],
  },
  {
    name: 'a blob that nothing seals',
    bytes: damaged((bytes) => {
      // Slot 5's place in the index is given to the slot of the application, which has no hash.
      const start = bytes.indexOf(Buffer.from('fade0cc0', 'hex'))
      for (let at = start + 12; ; at += 8) {
        if (bytes.readUInt32BE(at) !== 5) continue
        bytes.writeUInt32BE(4, at)
        break
      }
    }),
    findings: ['slot_unsealed', 'slot_missing'],
  },
  {
    name: 'nothing, but signed again by a developer nobody vouches for',
    bytes: signImage(IMAGE, { ...PLAN, cms: SELF_MADE }),
    findings: ['timestamp_missing', 'chain_root_untrusted', 'requirement_unmet'],
  },
  {
    name: 'nothing, but signed again ad hoc',
    bytes: signImage(IMAGE, { identifier: 'org.example.tool' }),
    findings: [],
  },
  {
    name: 'nothing, but without a timestamp after its certificate ended',
    bytes: signImage(IMAGE, { ...PLAN, cms: UNDATED }),
    findings: ['timestamp_missing', 'chain_expired', 'requirement_unmet'],
  },
  {
    name: 'nothing, but dated by a certificate that is not for that',
    bytes: signImage(IMAGE, { ...PLAN, cms: DATED_WRONGLY }),
    findings: ['timestamp_wrong', 'chain_expired', 'requirement_unmet'],
  },
]
for (const { name, bytes, findings } of TAMPERED) {
  test(`signature: tampered with ${name}`, () => {
    const signature = signatureOf(bytes)
    const judged = judgeSignature(signature)
    deepEqual(
      judged.findings.map(({ id }) => id),
      findings,
    )
    equal(judged.valid, judged.kind === 'adhoc')
  })
}

test('signature: bytes that are appended are told by the image, and the seal still holds', () => {
  const bytes = Buffer.concat([signImage(IMAGE, PLAN), Buffer.from('more')])
  deepEqual(ids(bytes), [])
  const signals = readMachOFile(bytes, new Budget()).parts[0]?.image?.signals
  deepEqual(
    signals?.map(({ id }) => id),
    ['overlay'],
  )
})

test('signature: a code limit beyond the file is told', () => {
  const signed = signImage(IMAGE, { identifier: 'org.example.tool' })
  const offset = blobOffset(signed, 0)
  signed.writeUInt32BE(signed.length * 2, offset + 32)
  deepEqual(ids(signed), ['code_truncated', 'code_unhashed', 'code_modified'])
})

test('signature: entitlements that only one form states are told key by key', () => {
  const signed = signImage(IMAGE, {
    ...PLAN,
    entitlementsDer: { 'com.apple.security.get-task-allow': true },
  })
  deepEqual(signatureOf(signed)?.entitlements?.differences, [
    { key: 'com.apple.security.app-sandbox', kind: 'only_xml' },
    { key: 'com.apple.security.get-task-allow', kind: 'only_der' },
  ])
  deepEqual(ids(signed), ['entitlements_differ', 'entitlements_differ', 'entitlement_weakening'])
})

test('signature: two directories are both checked, and the stronger one counts', () => {
  const signed = signImage(IMAGE, { ...PLAN, hashTypes: ['sha1', 'sha256', 'sha384'] })
  const signature = signatureOf(signed)
  deepEqual(
    signature?.directories.map(({ directory }) => [directory.slot, directory.hashType]),
    [
      [0, 'sha1'],
      [0x1000, 'sha256'],
      [0x1001, 'sha384'],
    ],
  )
  equal(signature?.best?.directory.hashType, 'sha384')
  equal(signature?.best?.directory.cdhash.length, 40)
  equal(signature?.cms?.listedHashesRight, true)
  equal(judgeSignature(signature).valid, true)
  deepEqual(ids(signImage(IMAGE, { identifier: 'a', hashTypes: ['sha1'] })), ['digest_weak'])
})

test('signature: sealed files are compared where they are at hand', () => {
  const infoPlist = Buffer.from('<plist><dict/></plist>')
  const signed = signImage(IMAGE, { ...PLAN, infoPlist, resources: Buffer.from('resources') })
  const states = (files: SealedFiles) =>
    signatureOf(signed, files)?.best?.slots.map(({ slot, state }) => `${slot} ${state}`)
  deepEqual(states({}), ['1 not_given', '2 right', '3 not_given', '5 right', '7 right'])
  deepEqual(states({ infoPlist, resources: Buffer.from('others') }), [
    '1 right',
    '2 right',
    '3 wrong',
    '5 right',
    '7 right',
  ])
})

test('signature: launch constraints and a ticket are read', () => {
  const signed = signImage(IMAGE, {
    ...PLAN,
    constraints: { 8: { 'team-identifier': 'TEAM123456' }, 11: { 'is-init-proc': true } },
    ticket: Buffer.from('s8ch'),
  })
  const signature = signatureOf(signed)
  deepEqual(
    signature?.constraints.map(({ name, value }) => [name, [...value]]),
    [
      ['launch constraint self', [['team-identifier', 'TEAM123456']]],
      ['library constraint', [['is-init-proc', true]]],
    ],
  )
  equal(judgeSignature(signature).predicted.source, 'Notarized Developer ID')
})

test('signature: a name of Apple without its signature is told', () => {
  deepEqual(ids(signImage(IMAGE, { identifier: 'com.apple.ls' })), ['identifier_of_apple'])
})

test('signature: a wrapper with nothing in it is ad hoc', () => {
  const bytes = signImage(IMAGE, { identifier: 'org.example.tool', ticket: Buffer.alloc(0) })
  const start = bytes.indexOf(Buffer.from('fade0cc0', 'hex'))
  // The empty blob of the ticket becomes an empty one of CMS.
  bytes.writeUInt32BE(0x10000, start + 12 + 16)
  equal(judgeSignature(signatureOf(bytes)).kind, 'adhoc')
})

test('signature: damaged ones end in problems, within the budget', () => {
  const seed = Number(process.env['POMONA_SEED'] ?? 20_261_125)
  const next = seededNumbers(seed)
  const small = writeImage()
  const seeds = [
    signImage(small, PLAN),
    signImage(small, { ...PLAN, hashTypes: ['sha1', 'sha256'], constraints: { 8: { a: ['b'] } } }),
    signImage(small, { identifier: 'a' }),
  ]
  for (let run = 0; run < RUNS; run++) {
    const whole = seeds[run % seeds.length] ?? small
    const start = whole.indexOf(Buffer.from('fade0cc0', 'hex'))
    const bytes = Uint8Array.from(whole)
    bytes.set(mutated(whole.subarray(start), next).subarray(0, whole.length - start), start)
    const budget = new Budget({ itemsMax: 50_000, stepsMax: 500_000, bytesMax: 8_000_000 })
    try {
      const range = { offset: start, size: bytes.length - start }
      const input = { bytes, range, roots: ROOTS, nowMs: NOW_MS }
      judgeSignature(readCodeSignature(input, budget))
    } catch (error) {
      throw new Error(`Run ${run} of seed ${seed} throws`, { cause: error })
    }
  }
})
