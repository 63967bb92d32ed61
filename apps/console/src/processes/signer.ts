import type { Signer } from '@pomona/schema'
import { fieldText } from '../events/fields.ts'

/** `status` of ECS `code_signature` as the normaliser writes it, with what it means on a badge. */
const BY_STATUS: ReadonlyMap<string, Signer> = new Map([
  ['trusted', 'developer'],
  ['adhoc', 'adhoc'],
  ['invalid', 'invalid'],
  ['untrusted', 'invalid'],
  ['unsigned', 'unsigned'],
])

/** How the actor of an event is signed, from the event alone; `undefined` when it does not say. */
export function eventSigner(document: unknown): Signer | undefined {
  if (fieldText(document, 'macos.process.platform_binary') === 'true') return 'platform'
  const status = fieldText(document, 'process.code_signature.status')
  return status === undefined ? undefined : BY_STATUS.get(status)
}
