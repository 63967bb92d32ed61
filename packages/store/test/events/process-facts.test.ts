import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Signer } from '@pomona/schema'
import { signerOf } from '../../src/events/process-facts.ts'

const cases: readonly {
  name: string
  signature: Parameters<typeof signerOf>[0]
  platform?: boolean
  want: Signer | undefined
}[] = [
  { name: 'nothing known', signature: undefined, want: undefined },
  {
    name: 'a platform binary',
    signature: { exists: true, valid: true },
    platform: true,
    want: 'platform',
  },
  {
    name: 'a platform binary of which no more is known',
    signature: undefined,
    platform: true,
    want: 'platform',
  },
  {
    name: 'a platform binary whose signature broke',
    signature: { exists: true, valid: false },
    platform: true,
    want: 'invalid',
  },
  {
    name: 'a developer',
    signature: { exists: true, valid: true, team_id: 'T' },
    want: 'developer',
  },
  { name: 'trusted says it all', signature: { trusted: true }, platform: false, want: 'developer' },
  {
    name: 'ad-hoc by flag, whatever the team',
    signature: { exists: true, valid: true, flags: ['adhoc'], team_id: 'T' },
    want: 'adhoc',
  },
  { name: 'ad-hoc by status', signature: { status: 'adhoc' }, want: 'adhoc' },
  {
    name: 'a signature that names nobody',
    signature: { exists: true, valid: true },
    want: 'adhoc',
  },
  { name: 'unsigned', signature: { exists: false }, platform: false, want: 'unsigned' },
  {
    name: 'invalid by status',
    signature: { exists: true, status: 'invalid', team_id: 'T' },
    want: 'invalid',
  },
]
for (const { name, signature, platform, want } of cases) {
  test(`signer: ${name}`, () => equal(signerOf(signature, platform), want))
}
