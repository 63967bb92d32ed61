import type { CodeFacts, Satisfied } from '../requirement/evaluate.ts'
import { evaluateRequirement } from '../requirement/evaluate.ts'
import type { CmsCheck } from './cms-check.ts'
import type { CheckedDirectory, CodeSignature } from './signature.ts'

/** Something that a reader of a signature must know; each has its own name. */
export interface Finding {
  readonly id: string
  readonly detail: string
}

const finding = (id: string, detail: string): Finding => ({ id, detail })

function codeFindings({ code, directory }: CheckedDirectory): Finding[] {
  const found: Finding[] = []
  const by = `by the ${directory.hashType} directory`
  if (code.truncated) {
    found.push(finding('code_truncated', `${directory.codeLimit} bytes are signed, ${by}.`))
  }
  if (code.hashesMissing > 0) {
    found.push(finding('code_unhashed', `${code.hashesMissing} pages have no hash, ${by}.`))
  } else if (code.hashesMissing < 0) {
    found.push(finding('code_hashes_extra', `${-code.hashesMissing} hashes have no page, ${by}.`))
  }
  if (code.wrongCount > 0) {
    const first = code.wrongPages.slice(0, 4).join(', ')
    const detail = `${code.wrongCount} of ${code.pageCount} pages differ, ${by}: ${first}.`
    found.push(finding('code_modified', detail))
  }
  return found
}

function slotFindings({ slots, directory }: CheckedDirectory): Finding[] {
  return slots.flatMap(({ name, state }) => {
    const by = `by the ${directory.hashType} directory`
    if (state === 'wrong') return [finding('slot_modified', `The ${name} differ, ${by}.`)]
    if (state === 'missing') return [finding('slot_missing', `The ${name} are gone, ${by}.`)]
    if (state === 'unsealed') return [finding('slot_unsealed', `Nothing seals the ${name}, ${by}.`)]
    return []
  })
}

/** Two directories of one signature describe the same code. */
function directoryFindings({ directories }: CodeSignature): Finding[] {
  const said = directories.map(({ directory }) => {
    const { identifier, teamId, flags, codeLimit } = directory
    return JSON.stringify([identifier, teamId, flags, codeLimit])
  })
  const differ = new Set(said).size > 1
  const strongest = Math.max(0, ...directories.map(({ directory }) => directory.rank))
  return [
    ...(differ
      ? [finding('directories_differ', 'The code directories do not describe the same code.')]
      : []),
    ...(strongest === 1 ? [finding('digest_weak', 'Only SHA-1 seals the code.')] : []),
  ]
}

function cmsFindings({
  signer,
  listedHashesRight,
  timestamp,
  chain,
  judgedBy,
}: CmsCheck): Finding[] {
  const found: Finding[] = []
  if (signer.certificate === undefined) {
    found.push(finding('cms_certificate_missing', "The signer's certificate is not there."))
  } else if (!signer.signatureRight) {
    found.push(finding('cms_signature_wrong', 'The signature is not of this certificate.'))
  }
  if (!signer.digestRight) {
    found.push(finding('directory_modified', 'The code directory is not the one that was signed.'))
  }
  if (listedHashesRight === false) {
    found.push(finding('cdhashes_differ', 'The signer listed other directories than there are.'))
  }
  if (timestamp === undefined) {
    found.push(finding('timestamp_missing', 'No authority says when it was signed.'))
  } else if (!timestamp.trusted) {
    found.push(finding('timestamp_wrong', 'The timestamp is not of this signature, or untrusted.'))
  }
  for (const problem of chain?.problems ?? []) {
    const at = judgedBy === 'timestamp' ? 'at the time of the timestamp' : 'today'
    found.push(finding(`chain_${problem}`, `The chain of certificates fails ${at}: ${problem}.`))
  }
  return found
}

/** Entitlements that weaken a program, with what they allow. */
const WEAKENING: Readonly<Record<string, string>> = {
  'com.apple.security.get-task-allow': 'Any process of the user may take it over.',
  'com.apple.security.cs.debugger': 'It may take over other processes.',
  'com.apple.security.cs.disable-library-validation': 'It loads libraries of anybody.',
  'com.apple.security.cs.allow-dyld-environment-variables': 'DYLD_ variables put code into it.',
  'com.apple.security.cs.allow-unsigned-executable-memory': 'It may run code that nobody signed.',
  'com.apple.security.cs.disable-executable-page-protection': 'Its own code may be rewritten.',
}

function entitlementFindings(signature: CodeSignature, facts: CodeFacts): Finding[] {
  const differences = (signature.entitlements?.differences ?? []).map(({ key, kind }) =>
    finding('entitlements_differ', `XML and DER do not agree on ${key} (${kind}).`),
  )
  const weakening = Object.entries(WEAKENING)
    .filter(([key]) => facts.entitlements?.get(key) === true)
    .map(([key, what]) => finding('entitlement_weakening', `${key}: ${what}`))
  const keys = [...(facts.entitlements?.keys() ?? [])]
  const isPrivate = keys.find((key) => key.startsWith('com.apple.private.'))
  const byApple = evaluateRequirement({ kind: 'appleAnchor' }, facts) === true
  const claimed = isPrivate !== undefined && !byApple
  return [
    ...differences,
    ...weakening,
    ...(claimed ? [finding('entitlement_private', `It claims ${isPrivate}, as Apple may.`)] : []),
  ]
}

/** A signature, what is known of its code, and how its own requirement came out. */
interface FindingSource {
  readonly signature: CodeSignature
  readonly facts: CodeFacts
  readonly designated: Satisfied
}

/** Everything about a signature that is wrong, weak or claimed without proof. */
export function signatureFindings(source: FindingSource): readonly Finding[] {
  const { signature, facts, designated } = source
  const found = [
    ...(signature.best === undefined
      ? [finding('signature_unreadable', 'There is no code directory that can be read.')]
      : []),
    ...signature.directories.flatMap(codeFindings),
    ...signature.directories.flatMap(slotFindings),
    ...directoryFindings(signature),
    ...(signature.cms === undefined ? [] : cmsFindings(signature.cms)),
    ...entitlementFindings(signature, facts),
  ]
  if (signature.cmsSize !== undefined && signature.cms === undefined) {
    found.push(finding('cms_unreadable', 'The CMS signature cannot be read.'))
  }
  if (designated === false) {
    found.push(finding('requirement_unmet', 'The code is not what its own requirement names.'))
  }
  const byApple = evaluateRequirement({ kind: 'appleAnchor' }, facts) === true
  if (facts.identifier.startsWith('com.apple.') && !byApple) {
    const detail = `It calls itself ${facts.identifier} without Apple's signature.`
    found.push(finding('identifier_of_apple', detail))
  }
  return found
}
