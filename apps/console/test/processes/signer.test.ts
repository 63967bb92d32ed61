import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { eventSigner } from '../../src/processes/signer.ts'

const signed = (status: string) => ({ process: { code_signature: { status } } })
const cases = [
  {
    name: 'Apple by the platform flag',
    event: { macos: { process: { platform_binary: true } } },
    want: 'platform',
  },
  { name: 'a developer by trust', event: signed('trusted'), want: 'developer' },
  { name: 'ad-hoc', event: signed('adhoc'), want: 'adhoc' },
  { name: 'an invalid signature', event: signed('invalid'), want: 'invalid' },
  { name: 'no signature', event: signed('unsigned'), want: 'unsigned' },
  { name: 'nobody by a word it does not know', event: signed('constructor'), want: undefined },
  { name: 'nobody when the event does not say', event: {}, want: undefined },
]
for (const { name, event, want } of cases) {
  test(`signer: names ${name}`, () => equal(eventSigner(event), want))
}
