import { assertNever } from '../assert-never.ts'
import { plistList, type PlistMap, type PlistValue } from '../plist/value.ts'
import { type Certificate, type DistinguishedName, namePart } from '../x509/certificate.ts'
import type { CertificateCondition, Match, Requirement } from './expression.ts'

/** Whether code has what is required; undefined where the bytes alone do not tell. */
export type Satisfied = boolean | undefined

/** What is known of code that a requirement is put to. */
export interface CodeFacts {
  readonly identifier: string
  /** All its cdhashes in hexadecimal. */
  readonly cdhashes: readonly string[]
  /** From the signer's certificate to the root's; empty without a verified chain. */
  readonly certificates: readonly Certificate[]
  /** Whether the chain ends at a root of Apple. */
  readonly appleRoot: boolean
  /** Info.plist; undefined when it was not at hand. */
  readonly info?: PlistMap
  readonly entitlements?: PlistMap
  readonly platform: number
  /** Whether a ticket was found; undefined when only Apple knows. */
  readonly notarized?: boolean
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** The intermediate authority that signs Apple's own code. */
const APPLE_INTERMEDIATE = 'Apple Code Signing Certification Authority'
/** Extensions of the signers that `legacy` stands for: Developer ID before notarization began. */
const DEVELOPER_ID = '1.2.840.113635.100.6.1.13'
const SECURE_TIMESTAMP = '1.2.840.113635.100.6.1.33'

/** -1 is the root, counted from the end; 0 the signer's. */
function certificateAt({ certificates }: CodeFacts, index: number): Certificate | undefined {
  return certificates.at(index)
}

function compareTexts(one: string, match: Match): boolean {
  const wanted = text(match.value ?? new Uint8Array())
  // As CFStringCompare with numeric order: 10.9 comes before 10.10.
  const order = () => one.localeCompare(wanted, 'en', { numeric: true })
  switch (match.operation) {
    case 'equal':
      return one === wanted
    case 'contains':
      return one.includes(wanted)
    case 'beginsWith':
      return one.startsWith(wanted)
    case 'endsWith':
      return one.endsWith(wanted)
    case 'less':
      return order() < 0
    case 'greater':
      return order() > 0
    case 'lessOrEqual':
      return order() <= 0
    case 'greaterOrEqual':
      return order() >= 0
    case 'exists':
    case 'absent':
    case 'on':
    case 'before':
    case 'after':
    case 'onOrBefore':
    case 'onOrAfter':
      return false
    default:
      return assertNever(match.operation)
  }
}

function matches(value: PlistValue | undefined, match: Match): boolean {
  if (match.operation === 'absent') return value === undefined
  if (value === undefined) return false
  // A key whose value is false does not exist, as Apple has it.
  if (match.operation === 'exists') return value !== false
  const list = plistList(value)
  if (list !== undefined) return list.some((one) => matches(one, match))
  if (typeof value === 'boolean') return compareTexts(value ? 'true' : 'false', match)
  if (typeof value === 'string') return compareTexts(value, match)
  return typeof value === 'number' ? compareTexts(String(value), match) : false
}

const SUBJECT: Readonly<Record<string, string>> = {
  'subject.C': 'C',
  'subject.CN': 'CN',
  'subject.D': 'D',
  'subject.L': 'L',
  'subject.O': 'O',
  'subject.OU': 'OU',
  'subject.ST': 'ST',
  'subject.STREET': 'STREET',
  'subject.UID': 'UID',
}

function subjectPart(subject: DistinguishedName, key: string): string | undefined {
  const name = key === 'email' ? 'email' : SUBJECT[key]
  return name === undefined ? undefined : namePart(subject, name)
}

const APPLE_EPOCH_S = 978_307_200

/** The date of Apple's extensions: a UTF-8 string such as `20220101000000Z`, or a time. */
function extensionSeconds(value: Uint8Array): number | undefined {
  const match = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z?$/.exec(text(value))
  if (match === null) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - APPLE_EPOCH_S
}

function dateMatches(value: Uint8Array | undefined, match: Match): boolean {
  if (match.operation === 'absent') return value === undefined
  const found = value === undefined ? undefined : extensionSeconds(value)
  if (found === undefined) return false
  const difference = found - (match.seconds ?? 0)
  if (match.operation === 'on') return difference === 0
  if (match.operation === 'before') return difference < 0
  if (match.operation === 'after') return difference > 0
  if (match.operation === 'onOrBefore') return difference <= 0
  return match.operation === 'onOrAfter' ? difference >= 0 : match.operation === 'exists'
}

const POLICIES = '2.5.29.32'

function certificateMatches(condition: CertificateCondition, facts: CodeFacts): Satisfied {
  const { kind, key, match } = condition
  const found = certificateAt(facts, condition.certificate)
  if (found === undefined) return false
  if (kind === 'certificate') return matches(subjectPart(found.subject, key), match)
  if (kind === 'certificateDate') return dateMatches(found.extensions.get(key), match)
  // Policies are sought by identifier only; nobody compares their qualifiers.
  if (kind === 'certificatePolicy') return found.extensions.has(POLICIES) ? undefined : false
  const value = found.extensions.get(key)
  if (match.operation === 'exists') return value !== undefined
  return matches(value === undefined ? undefined : text(value.subarray(2)), match)
}

function isAppleSigned({ appleRoot, certificates }: CodeFacts): boolean {
  const intermediate = certificates.at(-2)
  if (!appleRoot || intermediate === undefined) return false
  const { subject } = intermediate
  return namePart(subject, 'CN') === APPLE_INTERMEDIATE && namePart(subject, 'O') === 'Apple Inc.'
}

/** Developer ID of certificates that were made before notarization was asked for. */
function isLegacy({ certificates: [leaf] }: CodeFacts): boolean {
  if (leaf === undefined || !leaf.extensions.has(DEVELOPER_ID)) return false
  const made = leaf.extensions.get(SECURE_TIMESTAMP)
  const seconds = made === undefined ? undefined : extensionSeconds(made)
  const NOTARIZATION_S = Date.UTC(2019, 3, 7) / 1000 - APPLE_EPOCH_S
  return seconds === undefined || seconds < NOTARIZATION_S
}

function both(left: Satisfied, right: () => Satisfied): Satisfied {
  if (left === false) return false
  const other = right()
  return other === false ? false : left === undefined ? undefined : other
}

function either(left: Satisfied, right: () => Satisfied): Satisfied {
  if (left === true) return true
  const other = right()
  return other === true ? true : left === undefined ? undefined : other
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/**
 * Puts a requirement to code.
 *
 * @returns undefined where the answer lies outside of the file: notarization, certificates that
 *          somebody trusts on a Mac, named anchors, an Info.plist that was not at hand.
 */
export function evaluateRequirement(requirement: Requirement, facts: CodeFacts): Satisfied {
  const again = (inner: Requirement): Satisfied => evaluateRequirement(inner, facts)
  switch (requirement.kind) {
    case 'never':
      return false
    case 'always':
      return true
    case 'identifier':
      return text(requirement.value) === facts.identifier
    case 'cdhash':
      return facts.cdhashes.includes(hex(requirement.value))
    case 'appleAnchor':
      return isAppleSigned(facts)
    case 'appleGenericAnchor':
      return facts.appleRoot
    case 'anchorHash':
      return certificateAt(facts, requirement.certificate)?.sha1 === hex(requirement.value)
    case 'certificate':
    case 'certificateExtension':
    case 'certificatePolicy':
    case 'certificateDate':
      return certificateMatches(requirement, facts)
    case 'info': {
      const { info } = facts
      return info && matches(info.get(text(requirement.key)), requirement.match)
    }
    case 'entitlement':
      return matches(facts.entitlements?.get(text(requirement.key)), requirement.match)
    case 'platform':
      return facts.platform === requirement.platform
    case 'notarized':
      return facts.notarized
    case 'legacyDeveloperId':
      return isLegacy(facts)
    case 'trustedAnchor':
    case 'trustedCertificate':
      // Apple's roots are trusted on every Mac; what else is, only that Mac knows.
      return facts.appleRoot ? true : undefined
    case 'namedAnchor':
    case 'namedCode':
      return undefined
    case 'and':
      return both(again(requirement.left), () => again(requirement.right))
    case 'or':
      return either(again(requirement.left), () => again(requirement.right))
    case 'not': {
      const inner = again(requirement.inner)
      return inner === undefined ? undefined : !inner
    }
    case 'unknown':
      return requirement.next === undefined ? false : again(requirement.next)
    default:
      return assertNever(requirement)
  }
}
