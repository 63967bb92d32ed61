import { timeText } from '../der/values.ts'
import { assertNever } from '../assert-never.ts'
import type { CertificateCondition, Match, Requirement } from './expression.ts'

/** Seconds from 1970 to 2001, where Apple's dates begin. */
const APPLE_EPOCH_S = 978_307_200

const LETTER_OR_DIGIT = /^[A-Za-z0-9]$/

/** A word stands bare when it is one; otherwise in quotes, or in hexadecimal when it is no text. */
function word(bytes: Uint8Array, dotAllowed = false): string {
  const text = Buffer.from(bytes).toString('latin1')
  const isSimple = [...text].every(
    (letter) => LETTER_OR_DIGIT.test(letter) || (dotAllowed && letter === '.'),
  )
  if (isSimple && text !== '' && !/^\d/.test(text)) return text
  const isPrintable = [...bytes].every((byte) => (byte > 0x20 && byte < 0x7f) || isSpace(byte))
  if (!isPrintable) return `0x${Buffer.from(bytes).toString('hex')}`
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 9 && byte <= 13)

const digest = (bytes: Uint8Array): string => `H"${Buffer.from(bytes).toString('hex')}"`

function position(certificate: number): string {
  if (certificate === -1) return 'certificate root'
  return certificate === 0 ? 'certificate leaf' : `certificate ${certificate}`
}

const COMPARISONS: Readonly<Record<string, string>> = {
  less: '<',
  greater: '>',
  lessOrEqual: '<=',
  greaterOrEqual: '>=',
  contains: '~',
  equal: '=',
  on: '=',
  before: '<',
  after: '>',
  onOrBefore: '<=',
  onOrAfter: '>=',
}

function matchText({ operation, value = new Uint8Array(), seconds }: Match): string {
  if (operation === 'exists') return ' /* exists */'
  if (operation === 'absent') return ' absent'
  if (operation === 'beginsWith') return ` = ${word(value)}*`
  if (operation === 'endsWith') return ` = *${word(value)}`
  const right =
    seconds === undefined
      ? word(value)
      : `timestamp "${timeText((seconds + APPLE_EPOCH_S) * 1000)}"`
  return ` ${COMPARISONS[operation]} ${right}`
}

const KEY_PREFIXES = {
  certificate: '',
  certificateExtension: 'field.',
  certificatePolicy: 'policy.',
  certificateDate: 'timestamp.',
} as const

function certificateText({ kind, certificate, key, match }: CertificateCondition): string {
  const name = kind === 'certificate' ? word(Buffer.from(key), true) : `${KEY_PREFIXES[kind]}${key}`
  return `${position(certificate)}[${name}]${matchText(match)}`
}

/** How tightly the surroundings bind: parentheses stand where what is inside binds looser. */
const LEVELS = { primary: 0, and: 1, or: 2 } as const

function joined(requirement: Requirement & { kind: 'and' | 'or' }, level: number): string {
  const own = LEVELS[requirement.kind]
  const [left, right] = [write(requirement.left, own), write(requirement.right, own)]
  const text = `${left} ${requirement.kind} ${right}`
  return level < own ? `(${text})` : text
}

function write(requirement: Requirement, level: number): string {
  switch (requirement.kind) {
    case 'never':
    case 'always':
    case 'notarized':
      return requirement.kind
    case 'appleAnchor':
      return 'anchor apple'
    case 'appleGenericAnchor':
      return 'anchor apple generic'
    case 'trustedAnchor':
      return 'anchor trusted'
    case 'legacyDeveloperId':
      return 'legacy'
    case 'identifier':
      return `identifier ${word(requirement.value)}`
    case 'namedAnchor':
      return `anchor apple ${word(requirement.value)}`
    case 'namedCode':
      return `(${word(requirement.value)})`
    case 'cdhash':
      return `cdhash ${digest(requirement.value)}`
    case 'anchorHash':
      return `${position(requirement.certificate)} = ${digest(requirement.value)}`
    case 'trustedCertificate':
      return `${position(requirement.certificate)} trusted`
    case 'info':
    case 'entitlement': {
      const { kind, key, match } = requirement
      return `${kind}[${word(key, true)}]${matchText(match)}`
    }
    case 'certificate':
    case 'certificateExtension':
    case 'certificatePolicy':
    case 'certificateDate':
      return certificateText(requirement)
    case 'platform':
      return `platform = ${requirement.platform}`
    case 'and':
    case 'or':
      return joined(requirement, level)
    case 'not':
      return `! ${write(requirement.inner, LEVELS.primary)}`
    case 'unknown': {
      const { opcode, next } = requirement
      const mark = `/* opcode ${opcode} */`
      return next === undefined ? `false ${mark}` : `${mark} ${write(next, level)}`
    }
    default:
      return assertNever(requirement)
  }
}

/** The requirement in Apple's language, as `codesign -d -r-` prints it. */
export function requirementText(requirement: Requirement): string {
  return write(requirement, LEVELS.or)
}
