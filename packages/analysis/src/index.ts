export { type AsarIntegrity, type BundleInfo, readBundleInfo } from './bundles/info.ts'
export { Budget, BUDGET_LIMITS, type BudgetLimits, type BudgetSpent } from './bytes/budget.ts'
export { type Leb128, readSleb128, readUleb128 } from './bytes/leb128.ts'
export { ByteView, type Endian } from './bytes/view.ts'
export type { Bundle } from './containers/bundles.ts'
export type { ContainerFindingCode, EntryKind } from './containers/entry.ts'
export type { ContainerFormatName } from './containers/format.ts'
export { CONTAINER_LIMITS, type ContainerLimit, type ContainerLimits } from './containers/limits.ts'
export type { ByteSource } from './containers/source.ts'
export {
  type ContainerFacts,
  type ContainerFinding,
  type Member,
  unpack,
  type Unpacked,
  type UnpackOptions,
} from './containers/unpack.ts'
export {
  AnalysisError,
  type AnalysisErrorCode,
  type Attempt,
  attempt,
  type Problem,
} from './errors.ts'
export type { ImportedSymbol } from './mach-o/bindings.ts'
export type { BuilderMark } from './mach-o/builders.ts'
export type { ExportedSymbol } from './mach-o/exports.ts'
export type { MachOImage } from './mach-o/image.ts'
export { isMachOFile, type MachOFile, type MachOPart, readMachOFile } from './mach-o/mach-o-file.ts'
export type {
  BuildVersion,
  Dylib,
  DylibKind,
  DyldInfo,
  DynamicSymbolTable,
  Encryption,
  EntryPoint,
  FilesetEntry,
  LoadCommand,
  LoadCommands,
  MachOHeader,
  Note,
  Range,
  Section,
  Segment,
  SymbolTable,
} from './mach-o/model.ts'
export type { Payload } from './mach-o/payload.ts'
export type { Signal } from './mach-o/signals.ts'
export type { SimilarityHashes } from './mach-o/similarity-hashes.ts'
export type { Symbols } from './mach-o/symbols.ts'
export type { Slice } from './mach-o/universal.ts'
export { readPlist } from './plist/plist.ts'
export { plistJson } from './plist/canonical.ts'
export {
  type PlistDate,
  type PlistMap,
  plistMap,
  plistText,
  type PlistUid,
  type PlistValue,
} from './plist/value.ts'
export type { CmsCheck } from './code-signature/cms-check.ts'
export type { CodeDirectory } from './code-signature/code-directory.ts'
export type { CodeHashCheck } from './code-signature/code-hashes.ts'
export type { EntitlementDifference } from './code-signature/entitlements.ts'
export type { Finding } from './code-signature/findings.ts'
export {
  codeFacts,
  effectiveEntitlements,
  judgeSignature,
  type PredictedSource,
  type SignatureJudgement,
  type SignatureKind,
} from './code-signature/judgement.ts'
export type { ResourceRule } from './code-signature/resource-rules.ts'
export {
  type BundleFile,
  checkResources,
  readResourceSeal,
  type ResourceSeal,
  type SealedResource,
} from './code-signature/resources.ts'
export {
  type BlobSummary,
  type CheckedDirectory,
  type CodeSignature,
  type LaunchConstraint,
  readCodeSignature,
  type SignatureInput,
} from './code-signature/signature.ts'
export type { SealedFiles, SlotCheck, SlotState } from './code-signature/special-slots.ts'
export { timeText } from './der/values.ts'
export { type CodeFacts, evaluateRequirement, type Satisfied } from './requirement/evaluate.ts'
export {
  type CertificateCondition,
  type Match,
  type MatchOperation,
  readRequirement,
  type Requirement,
} from './requirement/expression.ts'
export type { SignatureRequirement } from './requirement/requirement-set.ts'
export { requirementText } from './requirement/text.ts'
export { APPLE_ROOTS } from './x509/apple-roots.ts'
export type { Certificate, DistinguishedName } from './x509/certificate.ts'
export type { Chain, ChainProblem, TrustedRoot } from './x509/chain.ts'
export { bundleReport, type BundleSummary } from './report/bundle-report.ts'
export { codesignText, type SignedImage } from './report/codesign-text.ts'
export {
  type FileOptions,
  type FileReport,
  type ImageFacts,
  reportFile,
} from './report/file-report.ts'
export type { ImageReport } from './report/image-report.ts'
export type { HiddenLayer, ScriptSummary } from './report/script-report.ts'
export type { SignatureReport } from './report/signature-report.ts'
export type { CompiledAppleScript } from './scripts/compiled-apple-script.ts'
export type { Indicators } from './scripts/indicators.ts'
export type { Language, ScriptLanguage } from './scripts/language.ts'
export type { Layer } from './scripts/layers.ts'
export { SCRIPT_LIMITS, type ScriptLimits } from './scripts/limits.ts'
export { analyzeScript, type ScriptFeature, type ScriptReport } from './scripts/script.ts'
export { ssdeep } from './similarity/ssdeep.ts'
export { tlsh } from './similarity/tlsh.ts'
