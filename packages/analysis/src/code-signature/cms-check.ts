import type { Budget } from '../bytes/budget.ts'
import { readSignedData, type SignedData, type SignerInfo } from '../cms/signed-data.ts'
import { checkSigner, type SignerCheck } from '../cms/signer-check.ts'
import { readTimestamp, type Timestamp } from '../cms/timestamp.ts'
import { childrenOf, isTag, TAG } from '../der/element.ts'
import { octets, oidText } from '../der/values.ts'
import { AnalysisError, attempt, type Problem } from '../errors.ts'
import { readPlist } from '../plist/plist.ts'
import { plistList, plistMap } from '../plist/value.ts'
import { namePart } from '../x509/certificate.ts'
import { buildChain, type Chain, type ChainProblem, type TrustedRoot } from '../x509/chain.ts'
import { DIGESTS } from '../x509/signature-algorithm.ts'
import type { CodeDirectory } from './code-directory.ts'

/** Property list with the cdhashes of all directories. */
const CDHASHES_PLIST = '1.2.840.113635.100.9.1'
/** Digests of the directories in full, each with its algorithm. */
const CDHASHES_DIGESTS = '1.2.840.113635.100.9.2'
const CDHASH_BYTES = 20

/** The CMS signature over the code directories. */
export interface CmsCheck {
  readonly signer: SignerCheck
  /** Whether the hashes that the signer listed are those of our directories; absent without. */
  readonly listedHashesRight?: boolean
  readonly timestamp?: Timestamp
  readonly chain?: Chain
  /** The time the chain was judged at, and where it is from. */
  readonly judgedAtMs: number
  readonly judgedBy: 'timestamp' | 'now'
  readonly problems: readonly Problem[]
}

/** What is signed, and what is trusted. */
export interface CmsInput {
  /** Bytes of the message; empty ones, as ad-hoc signatures have, are no message. */
  readonly message: Uint8Array
  /** The directory in slot 0, with its header. */
  readonly primary: Uint8Array
  readonly directories: readonly CodeDirectory[]
  readonly roots: readonly TrustedRoot[]
  /** The time of the analysis: for signatures that no authority dates. */
  readonly nowMs: number
}

/** Whether the list of cdhashes is that of the directories, in any order. */
function plistHashesRight(signer: SignerInfo, input: CmsInput, budget: Budget) {
  const [value] = signer.signed.get(CDHASHES_PLIST) ?? []
  if (!isTag(value, TAG.octetString)) return undefined
  const list = readPlist(octets(value, budget), budget)
  const hashes = plistList(plistMap(list)?.get('cdhashes'))
  if (hashes === undefined) return false
  const listed = hashes.map((one) =>
    one instanceof Uint8Array ? Buffer.from(one.subarray(0, CDHASH_BYTES)).toString('hex') : '',
  )
  const own = input.directories.map(({ cdhash }) => cdhash)
  return own.every((one) => listed.includes(one)) && listed.length === own.length
}

function digestHashesRight(signer: SignerInfo, input: CmsInput, budget: Budget) {
  const values = signer.signed.get(CDHASHES_DIGESTS)
  if (values === undefined) return undefined
  const own = new Set(input.directories.map(({ digest, digestFull }) => `${digest} ${digestFull}`))
  const listed = values.map((value) => {
    const [algorithm, digest] = childrenOf(value, budget)
    if (!isTag(algorithm, TAG.oid) || !isTag(digest, TAG.octetString)) return ''
    const name = DIGESTS[oidText(algorithm.content)] ?? ''
    return `${name} ${Buffer.from(octets(digest, budget)).toString('hex')}`
  })
  return listed.length > 0 && listed.every((one) => own.has(one))
}

function hashesRight(signer: SignerInfo, input: CmsInput, budget: Budget): boolean | undefined {
  const found = [
    plistHashesRight(signer, input, budget),
    digestHashesRight(signer, input, budget),
  ].filter((one) => one !== undefined)
  return found.length === 0 ? undefined : found.every(Boolean)
}

function judgedTime(timestamp: Timestamp | undefined, { nowMs }: CmsInput) {
  if (timestamp?.trusted === true) {
    return { judgedAtMs: timestamp.timeMs, judgedBy: 'timestamp' } as const
  }
  // Nobody vouches for the signer's own clock: without a timestamp the chain must hold today.
  return { judgedAtMs: nowMs, judgedBy: 'now' } as const
}

function chainOf(
  check: SignerCheck,
  message: SignedData,
  at: { roots: readonly TrustedRoot[]; atMs: number },
) {
  const { certificate } = check
  if (certificate === undefined) return undefined
  return buildChain({ leaf: certificate, others: message.certificates, ...at })
}

/**
 * Checks the CMS signature of code: digest, signature, listed hashes, timestamp and chain.
 *
 * @throws AnalysisError when the message cannot be read or has no signer.
 */
export function checkCms(input: CmsInput, budget: Budget): CmsCheck {
  const message = readSignedData(input.message, budget)
  const [signer, ...more] = message.signers
  if (signer === undefined || more.length > 0) {
    const found = `The message has ${message.signers.length} signers.`
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', found)
  }
  const problems: Problem[] = []
  const check = checkSigner({ message, signer, content: input.primary }, budget)
  const timed = attempt('timestamp', () => readTimestamp({ signer, roots: input.roots }, budget))
  if (!timed.ok) problems.push(timed.problem)
  const timestamp = timed.ok ? timed.value : undefined
  const listed = attempt('listed hashes', () => hashesRight(signer, input, budget))
  if (!listed.ok) problems.push(listed.problem)
  const listedHashesRight = listed.ok ? listed.value : false
  const judged = judgedTime(timestamp, input)
  const chain = chainOf(check, message, { roots: input.roots, atMs: judged.judgedAtMs })
  return {
    signer: check,
    ...(listedHashesRight !== undefined && { listedHashesRight }),
    ...(timestamp !== undefined && { timestamp }),
    ...(chain !== undefined && { chain }),
    ...judged,
    problems,
  }
}

/** The authority of code that Apple signs as its own. */
const APPLE_INTERMEDIATE = 'Apple Code Signing Certification Authority'

/**
 * Whether a fault of the chain can be lived with. Apple's own code has no timestamp and stays valid
 * beyond its certificate; everybody else's must hold at the time that is judged by.
 */
function isTolerated(problem: ChainProblem, { certificates }: Chain): boolean {
  const intermediate = certificates[1]
  return (
    problem === 'expired' &&
    intermediate !== undefined &&
    namePart(intermediate.subject, 'CN') === APPLE_INTERMEDIATE
  )
}

/** Whether the signature proves who signed, down to a trusted root. */
export function isCmsTrusted({ signer, listedHashesRight, chain }: CmsCheck): boolean {
  const proved = signer.digestRight && signer.signatureRight && listedHashesRight !== false
  if (!proved || chain?.root === undefined) return false
  return chain.problems.every((problem) => isTolerated(problem, chain))
}
