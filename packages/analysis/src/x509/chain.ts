import { type Certificate, namePart } from './certificate.ts'
import { isSignatureRight } from './signature-algorithm.ts'

/** A root that is trusted: what of it is needed to end a chain. */
export interface TrustedRoot {
  readonly name: string
  readonly sha256: string
  readonly publicKey: Uint8Array
  /** DER of the subject in hexadecimal. */
  readonly subject: string
}

/** Why a chain is not trusted. */
export type ChainProblem =
  | 'issuer_missing'
  | 'signature_wrong'
  | 'root_untrusted'
  | 'expired'
  | 'not_yet_valid'
  | 'not_an_authority'
  | 'too_long'

/** Certificates from the signer's to the root's. */
export interface Chain {
  /** The signer's first; the root's is last where it is included. */
  readonly certificates: readonly Certificate[]
  /** The trusted root it ends at. */
  readonly root?: TrustedRoot
  readonly problems: readonly ChainProblem[]
}

/** What a chain is built from. */
export interface ChainSource {
  readonly leaf: Certificate
  readonly others: readonly Certificate[]
  readonly roots: readonly TrustedRoot[]
  /** Time at which every certificate must be valid, in milliseconds since 1970. */
  readonly atMs: number
}

const CERTIFICATES_MAX = 8
const BASIC_CONSTRAINTS = '2.5.29.19'

/** `SEQUENCE { BOOLEAN TRUE … }`; the bytes are compared as they stand in DER. */
function isAuthority({ extensions }: Certificate): boolean {
  const value = extensions.get(BASIC_CONSTRAINTS)
  return value !== undefined && value[2] === 1 && value[4] !== undefined && value[4] !== 0
}

function isIssuedBy(one: Certificate, issuer: { readonly publicKey: Uint8Array }): boolean {
  return isSignatureRight({
    signed: one.signed,
    signature: one.signature,
    algorithm: one.signatureAlgorithm,
    publicKey: issuer.publicKey,
  })
}

function validityProblem({ notBeforeMs, notAfterMs }: Certificate, atMs: number) {
  // Written so that a date that cannot be read is a problem as well.
  if (!(notBeforeMs <= atMs)) return 'not_yet_valid'
  return notAfterMs >= atMs ? undefined : 'expired'
}

/** The next certificate towards the root: of those with the right name the one that signed. */
function issuerOf(one: Certificate, { others }: ChainSource): Certificate | ChainProblem {
  const named = others.filter(({ subject }) => subject.der === one.issuer.der)
  if (named.length === 0) return 'issuer_missing'
  return named.find((candidate) => isIssuedBy(one, candidate)) ?? 'signature_wrong'
}

/**
 * Builds the chain from a certificate to a trusted root and checks it: signatures, dates, and that
 * every issuer may issue.
 *
 * Not checked: revocation, name constraints, path length, key usage; see the purpose's own rules.
 */
export function buildChain(source: ChainSource): Chain {
  const { leaf, roots, atMs } = source
  const certificates: Certificate[] = [leaf]
  const problems = new Set<ChainProblem>()
  const finish = (root?: TrustedRoot): Chain => {
    for (const [index, one] of certificates.entries()) {
      const problem = validityProblem(one, atMs)
      if (problem !== undefined) problems.add(problem)
      if (index > 0 && !isAuthority(one) && one.sha256 !== root?.sha256) {
        problems.add('not_an_authority')
      }
    }
    return { certificates, ...(root !== undefined && { root }), problems: [...problems] }
  }
  for (let one = leaf; certificates.length <= CERTIFICATES_MAX;) {
    const self = roots.find(({ sha256 }) => sha256 === one.sha256)
    if (self !== undefined) return finish(self)
    const above = roots.find(({ subject }) => subject === one.issuer.der)
    if (above !== undefined && isIssuedBy(one, above)) {
      const included = source.others.find(({ sha256 }) => sha256 === above.sha256)
      if (included !== undefined) certificates.push(included)
      return finish(above)
    }
    if (one.issuer.der === one.subject.der) {
      problems.add('root_untrusted')
      return finish()
    }
    const next = issuerOf(one, source)
    if (typeof next === 'string') {
      problems.add(next)
      return finish()
    }
    certificates.push(next)
    one = next
  }
  problems.add('too_long')
  return finish()
}

/** The name a certificate is shown by. */
export function displayName({ subject }: Certificate): string {
  return namePart(subject, 'CN') ?? namePart(subject, 'OU') ?? namePart(subject, 'O') ?? '?'
}
