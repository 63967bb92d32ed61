import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  Budget,
  ByteView,
  type CodeFacts,
  evaluateRequirement,
  type PlistMap,
  readRequirement,
} from '@pomona/analysis'
import { requirementBlob, requirementBody } from '@pomona/analysis/testing'

const info: PlistMap = new Map<string, string | boolean>([
  ['CFBundleVersion', '10.10'],
  ['LSUIElement', false],
])
const FACTS: CodeFacts = {
  identifier: 'org.example.tool',
  cdhashes: ['0102030405060708090a0b0c0d0e0f1011121314'],
  certificates: [],
  appleRoot: false,
  platform: 0,
  info,
  entitlements: new Map([['keychain-access-groups', ['TEAM.a', 'TEAM.b']]]),
}

type Part = number | string | Uint8Array
const IDENTIFIER: readonly Part[] = [2, 'org.example.tool']
const UNKNOWN: readonly Part[] = [21]
const cases: readonly { name: string; parts: readonly Part[]; want: boolean | undefined }[] = [
  { name: 'its identifier', parts: IDENTIFIER, want: true },
  { name: 'another identifier', parts: [2, 'org.example'], want: false },
  { name: 'its cdhash', parts: [8, Buffer.from(FACTS.cdhashes[0] ?? '', 'hex')], want: true },
  { name: 'another cdhash', parts: [8, Buffer.alloc(20)], want: false },
  { name: 'a root of Apple', parts: [15], want: false },
  { name: 'notarization', parts: UNKNOWN, want: undefined },
  { name: 'unknown and false', parts: [6, 21, 0], want: false },
  { name: 'false and unknown', parts: [6, 0, 21], want: false },
  { name: 'unknown and true', parts: [6, 21, 1], want: undefined },
  { name: 'unknown or true', parts: [7, 21, 1], want: true },
  { name: 'unknown or false', parts: [7, 21, 0], want: undefined },
  { name: 'not unknown', parts: [9, 21], want: undefined },
  { name: 'not false', parts: [9, 0], want: true },
  { name: 'a version above, by numbers', parts: [10, 'CFBundleVersion', 6, '10.9'], want: true },
  { name: 'a version below, by numbers', parts: [10, 'CFBundleVersion', 5, '10.9'], want: false },
  { name: 'a key that is false to exist', parts: [10, 'LSUIElement', 0], want: false },
  { name: 'a key to be absent', parts: [10, 'NSPrincipalClass', 14], want: true },
  { name: 'a value of a list', parts: [16, 'keychain-access-groups', 1, 'TEAM.b'], want: true },
  { name: 'a beginning', parts: [16, 'keychain-access-groups', 3, 'OTHER'], want: false },
  { name: 'a certificate without a chain', parts: [11, 0, 'subject.OU', 1, 'T'], want: false },
  { name: 'a platform', parts: [20, 0], want: true },
  { name: 'an opcode that stands for false', parts: [0x80000070, 'x'], want: false },
  { name: 'an opcode that is skipped', parts: [0x40000070, 'x', ...IDENTIFIER], want: true },
]
for (const { name, parts, want } of cases) {
  test(`requirement: asks for ${name}`, () => {
    const view = new ByteView(requirementBlob(requirementBody(...parts)), 'big')
    equal(evaluateRequirement(readRequirement(view, new Budget()), FACTS), want)
  })
}

test('requirement: an Info.plist that is not at hand leaves it open', () => {
  const { info: _, ...facts } = FACTS
  const view = new ByteView(requirementBlob(requirementBody(10, 'CFBundleVersion', 0)), 'big')
  equal(evaluateRequirement(readRequirement(view, new Budget()), facts), undefined)
})
