import { equal, throws } from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { Budget, ByteView, readRequirement, requirementText } from '@pomona/analysis'
import { makeSignature, requirementBlob, requirementBody } from '@pomona/analysis/testing'

const LEAF = 0
const ROOT = -1
const EXISTS = 0
const oid = (hex: string): Buffer => Buffer.from(hex, 'hex')
const DEVELOPER_ID_CA = oid('2a864886f76364060206')
const DEVELOPER_ID = oid('2a864886f7636406010d')
const APPLE_CODE_2 = oid('2a864886f7636406010e')

function textOf(...parts: readonly (number | string | Uint8Array)[]): string {
  const view = new ByteView(requirementBlob(requirementBody(...parts)), 'big')
  return requirementText(readRequirement(view, new Budget()))
}

// Opcodes and match operations of Apple's requirement.h; what csreq(1) prints of them.
const DATE = Buffer.from('00000000259e9d80', 'hex')
const cases: readonly (readonly [text: string, ...parts: (number | string | Uint8Array)[]])[] = [
  ['never', 0],
  ['always', 1],
  ['identifier "com.apple.ls"', 2, 'com.apple.ls'],
  ['identifier ls', 2, 'ls'],
  ['identifier "7zip"', 2, '7zip'],
  ['identifier ""', 2, ''],
  ['identifier "say \\"hi\\""', 2, 'say "hi"'],
  ['identifier 0xff00', 2, oid('ff00')],
  ['anchor apple', 3],
  ['certificate root = H"0102"', 4, ROOT, oid('0102')],
  ['info[CFBundleVersion] = x', 5, 'CFBundleVersion', 'x'],
  ['anchor apple and identifier a', 6, 3, 2, 'a'],
  ['anchor apple or identifier a', 7, 3, 2, 'a'],
  ['(anchor apple or always) and identifier a', 6, 7, 3, 1, 2, 'a'],
  ['anchor apple and always or never', 7, 6, 3, 1, 0],
  ['! (anchor apple and always)', 9, 6, 3, 1],
  ['cdhash H"ab"', 8, oid('ab')],
  ['info[A.B] >= "10.4"', 10, 'A.B', 8, '10.4'],
  ['certificate leaf[subject.OU] = TEAM', 11, LEAF, 'subject.OU', 1, 'TEAM'],
  ['certificate 1 trusted', 12, 1],
  ['anchor trusted', 13],
  ['certificate 1[field.1.2.840.113635.100.6.2.6] /* exists */', 14, 1, DEVELOPER_ID_CA, EXISTS],
  ['anchor apple generic', 15],
  ['entitlement["a-b"] absent', 16, 'a-b', 14],
  ['certificate leaf[policy.1.2.3] /* exists */', 17, LEAF, oid('2a03'), EXISTS],
  ['anchor apple name', 18, 'name'],
  ['(name)', 19, 'name'],
  ['platform = 1', 20, 1],
  ['notarized', 21],
  ['legacy', 23],
  ['info[k] ~ v', 10, 'k', 2, 'v'],
  ['info[k] = v*', 10, 'k', 3, 'v'],
  ['info[k] = *v', 10, 'k', 4, 'v'],
  ['false /* opcode 99 */', 0x80000063, 'skipped'],
  ['/* opcode 99 */ always', 0x40000063, 'skipped', 1],
]
for (const [text, ...parts] of cases) {
  test(`requirement: ${text}`, () => equal(textOf(...parts), text))
}

test('requirement: a date is seconds since 2001', () => {
  const key = oid('2a864886f763640601 21'.replaceAll(' ', ''))
  // The length in front of data is not wanted here: the date stands bare.
  const body = Buffer.concat([requirementBody(22, LEAF, key, 13), DATE])
  const view = new ByteView(requirementBlob(body), 'big')
  equal(
    requirementText(readRequirement(view, new Budget())),
    'certificate leaf[timestamp.1.2.840.113635.100.6.1.33] >= timestamp "2021-01-01T00:00:00Z"',
  )
})

test('requirement: bytes and text of rcodesign’s “developer-id-signed”', () => {
  const designated = requirementBody(
    6,
    6,
    15,
    14,
    1,
    DEVELOPER_ID_CA,
    EXISTS,
    7,
    14,
    LEAF,
    APPLE_CODE_2,
    EXISTS,
    14,
    LEAF,
    DEVELOPER_ID,
    EXISTS,
  )
  const signature = makeSignature(Buffer.alloc(1), { identifier: 'exe', designated })
  const offset = signature.readUInt32BE(12 + 8 + 4)
  const set = signature.subarray(offset, offset + signature.readUInt32BE(offset + 4))
  // Recorded by apple-platform-rs, apple-codesign/tests/cmd/sign-code-requirements.trycmd.
  equal(
    hash('sha256', set, 'hex'),
    '362f0cbb74f1847e4b2c7e3159a9d55e63d112fd1bf085e379d1bdfaf2813472',
  )
})

const refused = [
  { name: 'an unknown opcode', body: requirementBody(99), code: 'ERR_ANALYSIS_MALFORMED' },
  { name: 'an unknown match', body: requirementBody(10, 'k', 15), code: 'ERR_ANALYSIS_MALFORMED' },
  { name: 'a missing operand', body: requirementBody(6, 1), code: 'ERR_ANALYSIS_TRUNCATED' },
  {
    name: 'a tower of negations',
    body: requirementBody(...Array<number>(5_000).fill(9), 1),
    code: 'ERR_ANALYSIS_LIMIT',
  },
]
for (const { name, body, code } of refused) {
  test(`requirement: ${name} is refused`, () =>
    throws(() => readRequirement(new ByteView(requirementBlob(body), 'big'), new Budget()), {
      code,
    }))
}
