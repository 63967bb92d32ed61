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
export type { PlistDate, PlistUid, PlistValue } from './plist/value.ts'
