export type {
  BundleChange,
  BundleFiles,
  BundleRecords,
  NewBundle,
  StoredBundle,
} from './bundles/bundles.ts'
export type {
  CommandAuthor,
  CommandDraft,
  CommandRecords,
  CommandSignature,
} from './commands/commands.ts'
export {
  readRuleFolders,
  type ContentProblem,
  type RuleFolderLimits,
  type RuleFolders,
  type RuleText,
} from './content/rule-folders.ts'
export { StoreError, type StoreErrorCode } from './errors.ts'
export { openChdbEventStore, type ChdbEventStoreOptions } from './events/chdb-events.ts'
export {
  CONDITION_VALUES_MAX,
  type EventCondition,
  conditionTest,
  type TextMatch,
} from './events/condition.ts'
export { openMemoryEventStore } from './events/memory-events.ts'
export {
  connectEventStore,
  serveEventStore,
  type ConnectOptions,
  type EventStoreServer,
  type MessagePort,
} from './events/rpc.ts'
export type {
  EventCoverage,
  EventInsert,
  EventInsertResult,
  EventQuery,
  EventRange,
  EventResult,
  EventScan,
  EventStore,
  ProcessSelection,
  StoredProcess,
  TreeOptions,
} from './events/event-store.ts'
export type {
  AppendResult,
  Log,
  LogAppend,
  LogEntry,
  LogReadOptions,
  StreamTotal,
} from './log/log.ts'
export { openMemoryLog, type MemoryLogOptions } from './log/memory-log.ts'
export {
  type DecodedPayload,
  decodeEvents,
  decodePayload,
  encodeEvents,
  PAYLOAD_BYTES_MAX,
} from './log/payload.ts'
export {
  openSqliteLog,
  type LogCounts,
  type SqliteLog,
  type SqliteLogOptions,
} from './log/sqlite-log.ts'
export { openSqliteLogReader, type LogReader } from './log/sqlite-reader.ts'
export type {
  AgentContact,
  AgentRecords,
  CertificateSelection,
  Enrolment,
  EnrolmentResult,
  EnrolmentToken,
  EnrolmentUse,
  HostCertificate,
  IdentitySuspicion,
  RefusalCount,
  TokenQuestion,
  TokenRefusal,
} from './agents/agents.ts'
export type {
  LetterOutcome,
  LetterRecords,
  LetterSource,
  LetterTally,
  StoredLetter,
} from './letters/letters.ts'
export { openMemoryRecords, type MemoryRecordsOptions } from './records/memory-records.ts'
export type {
  AuditEntry,
  AuditVerdict,
  Checkpoint,
  Committed,
  Findings,
  HostSighting,
  JoinedAlert,
  Records,
  Session,
  User,
} from './records/records.ts'
export { openSqliteRecords, type SqliteRecordsOptions } from './records/sqlite-records.ts'
export type {
  AgentStanding,
  BundleTrial,
  LedgerPlace,
  LedgerSpan,
  ReceivedReport,
  ReportRecords,
  StoredReport,
  TakenReport,
} from './reports/reports.ts'
