import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { oidText } from '../der/values.ts'
import { AnalysisError } from '../errors.ts'

// Requirement, big endian: magic 0xfade0c00, length, kind (1: expression), then the expression in
// prefix form. Texts and bytes are a length and the bytes, filled up to four.

/** How a value is compared. */
export type MatchOperation =
  | 'exists'
  | 'equal'
  | 'contains'
  | 'beginsWith'
  | 'endsWith'
  | 'less'
  | 'greater'
  | 'lessOrEqual'
  | 'greaterOrEqual'
  | 'on'
  | 'before'
  | 'after'
  | 'onOrBefore'
  | 'onOrAfter'
  | 'absent'

const OPERATIONS: readonly MatchOperation[] = [
  'exists',
  'equal',
  'contains',
  'beginsWith',
  'endsWith',
  'less',
  'greater',
  'lessOrEqual',
  'greaterOrEqual',
  'on',
  'before',
  'after',
  'onOrBefore',
  'onOrAfter',
  'absent',
]
const DATE_OPERATIONS: ReadonlySet<string> = new Set(OPERATIONS.slice(9, 14))

/** A comparison; dates are seconds since 2001. */
export interface Match {
  readonly operation: MatchOperation
  readonly value?: Uint8Array
  readonly seconds?: number
}

/** A condition on code. */
export type Requirement =
  | { readonly kind: 'never' | 'always' | 'appleAnchor' | 'appleGenericAnchor' }
  | { readonly kind: 'trustedAnchor' | 'notarized' | 'legacyDeveloperId' }
  | { readonly kind: 'identifier' | 'namedAnchor' | 'namedCode'; readonly value: Uint8Array }
  | { readonly kind: 'cdhash'; readonly value: Uint8Array }
  | { readonly kind: 'anchorHash'; readonly certificate: number; readonly value: Uint8Array }
  | { readonly kind: 'trustedCertificate'; readonly certificate: number }
  | { readonly kind: 'info' | 'entitlement'; readonly key: Uint8Array; readonly match: Match }
  | CertificateCondition
  | { readonly kind: 'platform'; readonly platform: number }
  | { readonly kind: 'and' | 'or'; readonly left: Requirement; readonly right: Requirement }
  | { readonly kind: 'not'; readonly inner: Requirement }
  | { readonly kind: 'unknown'; readonly opcode: number; readonly next?: Requirement }

/** A condition on a certificate: 0 is the signer's, -1 the root's. */
export interface CertificateCondition {
  readonly kind: 'certificate' | 'certificateExtension' | 'certificatePolicy' | 'certificateDate'
  readonly certificate: number
  /** A part of the subject such as `subject.OU`, or a dotted identifier. */
  readonly key: string
  readonly match: Match
}

const DEFAULT_FALSE = 0x80000000
const SKIP = 0x40000000
const FLAG_MASK = 0xff000000
/** Expressions deeper than this were written to exhaust a reader. */
const DEPTH_MAX = 64

class Reader {
  readonly #view: ByteView
  readonly #budget: Budget
  #at: number
  #depth = 0

  constructor(view: ByteView, at: number, budget: Budget) {
    this.#view = view
    this.#at = at
    this.#budget = budget
  }

  u32(): number {
    const value = this.#view.u32(this.#at)
    this.#at += 4
    return value
  }

  i32(): number {
    const value = this.#view.i32(this.#at)
    this.#at += 4
    return value
  }

  data(): Uint8Array {
    const length = this.u32()
    const { bytes } = this.#view.slice(this.#at, length)
    this.#at += Math.ceil(length / 4) * 4
    return bytes
  }

  text(): string {
    return Buffer.from(this.data()).toString('utf8')
  }

  oid(): string {
    const bytes = this.data()
    const view = this.#view.slice(this.#at - Math.ceil(bytes.length / 4) * 4, bytes.length)
    return oidText(view)
  }

  match(): Match {
    const code = this.u32()
    const operation = OPERATIONS[code]
    if (operation === undefined) throw unknownCode('match operation', code)
    if (operation === 'exists' || operation === 'absent') return { operation }
    if (!DATE_OPERATIONS.has(operation)) return { operation, value: this.data() }
    const seconds = Number(this.#view.i64(this.#at))
    this.#at += 8
    return { operation, seconds }
  }

  expression(): Requirement {
    this.#budget.spendItems()
    if (this.#depth >= DEPTH_MAX) {
      throw new AnalysisError('ERR_ANALYSIS_LIMIT', `A requirement is deeper than ${DEPTH_MAX}.`)
    }
    this.#depth += 1
    const opcode = this.u32()
    const read = OPCODES[opcode & ~FLAG_MASK]
    const found = read === undefined ? this.#unknown(opcode) : read(this)
    this.#depth -= 1
    return found
  }

  /** A newer opcode says itself whether it may be skipped or stands for false. */
  #unknown(opcode: number): Requirement {
    if ((opcode & DEFAULT_FALSE) !== 0) {
      this.data()
      return { kind: 'unknown', opcode: (opcode & ~FLAG_MASK) >>> 0 }
    }
    if ((opcode & SKIP) === 0) throw unknownCode('opcode', opcode)
    this.data()
    return { kind: 'unknown', opcode: (opcode & ~FLAG_MASK) >>> 0, next: this.expression() }
  }
}

function unknownCode(what: string, code: number): AnalysisError {
  const message = `A requirement has the unknown ${what} ${code}.`
  return new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
}

type Opcode = (reader: Reader) => Requirement

const condition =
  (kind: CertificateCondition['kind'], key: (reader: Reader) => string): Opcode =>
  (reader) => ({ kind, certificate: reader.i32(), key: key(reader), match: reader.match() })

const OPCODES: readonly Opcode[] = [
  () => ({ kind: 'never' }),
  () => ({ kind: 'always' }),
  (reader) => ({ kind: 'identifier', value: reader.data() }),
  () => ({ kind: 'appleAnchor' }),
  (reader) => ({ kind: 'anchorHash', certificate: reader.i32(), value: reader.data() }),
  (reader) => {
    const key = reader.data()
    return { kind: 'info', key, match: { operation: 'equal', value: reader.data() } }
  },
  (reader) => ({ kind: 'and', left: reader.expression(), right: reader.expression() }),
  (reader) => ({ kind: 'or', left: reader.expression(), right: reader.expression() }),
  (reader) => ({ kind: 'cdhash', value: reader.data() }),
  (reader) => ({ kind: 'not', inner: reader.expression() }),
  (reader) => ({ kind: 'info', key: reader.data(), match: reader.match() }),
  condition('certificate', (reader) => reader.text()),
  (reader) => ({ kind: 'trustedCertificate', certificate: reader.i32() }),
  () => ({ kind: 'trustedAnchor' }),
  condition('certificateExtension', (reader) => reader.oid()),
  () => ({ kind: 'appleGenericAnchor' }),
  (reader) => ({ kind: 'entitlement', key: reader.data(), match: reader.match() }),
  condition('certificatePolicy', (reader) => reader.oid()),
  (reader) => ({ kind: 'namedAnchor', value: reader.data() }),
  (reader) => ({ kind: 'namedCode', value: reader.data() }),
  (reader) => ({ kind: 'platform', platform: reader.i32() }),
  () => ({ kind: 'notarized' }),
  condition('certificateDate', (reader) => reader.oid()),
  () => ({ kind: 'legacyDeveloperId' }),
]

const EXPRESSION_KIND = 1
const REQUIREMENT_MAGIC = 0xfade0c00

/**
 * Reads one requirement blob: of a signature, of a grant in TCC.db (`csreq`), of a policy.
 *
 * @param view The blob with its header, big endian.
 * @throws     AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 * @see        Apple, Security: requirement.h, opcodes of `Requirement`.
 */
export function readRequirement(view: ByteView, budget: Budget): Requirement {
  const own = view.as('big').slice(0, view.as('big').u32(4))
  if (own.u32(0) !== REQUIREMENT_MAGIC || own.u32(8) !== EXPRESSION_KIND) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The blob is no requirement expression.')
  }
  return new Reader(own, 12, budget).expression()
}
