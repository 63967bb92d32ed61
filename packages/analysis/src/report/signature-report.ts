import type { CmsCheck } from '../code-signature/cms-check.ts'
import { judgeSignature } from '../code-signature/judgement.ts'
import type { CheckedDirectory, CodeSignature } from '../code-signature/signature.ts'
import { timeText } from '../der/values.ts'
import { plistJson } from '../plist/canonical.ts'
import type { PlistMap } from '../plist/value.ts'
import type { Certificate } from '../x509/certificate.ts'
import { displayName } from '../x509/chain.ts'

function directoryReport({ directory, code, slots }: CheckedDirectory) {
  return {
    slot: directory.slot,
    version: `0x${directory.version.toString(16)}`,
    hash_type: directory.hashType,
    cdhash: directory.cdhash,
    identifier: directory.identifier,
    ...(directory.teamId !== undefined && { team_id: directory.teamId }),
    flags: directory.flagNames,
    ...(directory.runtimeVersion !== undefined && { runtime_version: directory.runtimeVersion }),
    ...(directory.executableSegment !== undefined && {
      executable_flags: directory.executableSegment.flagNames,
    }),
    page_size: directory.pageSize,
    code_limit: directory.codeLimit,
    pages: code.pageCount,
    pages_wrong: code.wrongCount,
    wrong_pages: code.wrongPages,
    hashes_missing: code.hashesMissing,
    slots: slots.map(({ slot, name, state }) => ({ slot, name, state })),
  }
}

function certificateReport(certificate: Certificate) {
  return {
    name: displayName(certificate),
    sha256: certificate.sha256,
    serial: certificate.serial,
    valid_from: timeText(certificate.notBeforeMs),
    valid_to: timeText(certificate.notAfterMs),
  }
}

function cmsReport({ signer, listedHashesRight, timestamp, chain, ...rest }: CmsCheck) {
  return {
    digest_right: signer.digestRight,
    signature_right: signer.signatureRight,
    ...(listedHashesRight !== undefined && { cdhashes_right: listedHashesRight }),
    ...(signer.claimedTimeMs !== undefined && { claimed_time: timeText(signer.claimedTimeMs) }),
    ...(timestamp !== undefined && {
      timestamp: { time: timeText(timestamp.timeMs), trusted: timestamp.trusted },
    }),
    judged_at: timeText(rest.judgedAtMs),
    judged_by: rest.judgedBy,
    ...(chain !== undefined && {
      certificates: chain.certificates.map(certificateReport),
      chain_problems: chain.problems,
      ...(chain.root !== undefined && { root: chain.root.name }),
    }),
  }
}

function optional({ entitlements, cms }: CodeSignature) {
  return {
    ...(entitlements?.xml !== undefined && { entitlements: plistJson(entitlements.xml) }),
    ...(entitlements?.der !== undefined && { entitlements_der: plistJson(entitlements.der) }),
    ...(entitlements !== undefined && { entitlement_differences: entitlements.differences }),
    ...(entitlements?.hash !== undefined && { entitlement_hash: entitlements.hash }),
    ...(cms !== undefined && { cms: cmsReport(cms) }),
  }
}

function details(signature: CodeSignature) {
  const { best } = signature
  return {
    ...(best !== undefined && {
      identifier: best.directory.identifier,
      cdhash: best.directory.cdhash,
    }),
    ...(best?.directory.teamId !== undefined && { team_id: best.directory.teamId }),
    requirements: signature.requirements.map(({ type, text }) => ({ type, text })),
    directories: signature.directories.map(directoryReport),
    blobs: signature.blobs,
    constraints: signature.constraints.map(({ name, value }) => ({
      name,
      value: plistJson(value),
    })),
    ticket: signature.ticket,
    ...optional(signature),
    problems: signature.problems,
  }
}

function verdict(signature: CodeSignature | undefined, info: PlistMap | undefined) {
  const { designated, ...judged } = judgeSignature(signature, info)
  return {
    kind: judged.kind,
    valid: judged.valid,
    authorities: judged.authorities,
    ...(designated !== undefined && { designated_satisfied: designated }),
    predicted: judged.predicted,
    findings: judged.findings,
  }
}

/** The JSON of a signature: of an unsigned image only what that comes to. */
export type SignatureReport = ReturnType<typeof verdict> & Partial<ReturnType<typeof details>>

/**
 * A signature as the JSON of a report has it, with what it comes to.
 *
 * @param info Info.plist, for requirements that ask for it.
 */
export function signatureReport(
  signature: CodeSignature | undefined,
  info?: PlistMap,
): SignatureReport {
  return { ...verdict(signature, info), ...(signature !== undefined && details(signature)) }
}
