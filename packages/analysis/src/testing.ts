export {
  type ImagePlan,
  packed,
  type SegmentPlan,
  textCommand,
  writeImage,
  writeUniversal,
} from './testing/mach-o-writer.ts'
export { mutated, seededNumbers } from './testing/mutation.ts'
export {
  type CertificatePlan,
  makeCertificate,
  makeTimestamp,
  type MessagePlan,
  signMessage,
  type TestIdentity,
  type TestName,
  trustedRoot,
} from './testing/authority.ts'
export { derDictionary, type DerValue } from './testing/der-writer.ts'
export {
  makeSignature,
  requirementBlob,
  requirementBody,
  requirementData,
  signImage,
  type SigningPlan,
} from './testing/signer.ts'
