export { runAgent } from './agent.ts'
export { commandExecutors, type CommandSurface } from './commands/executors.ts'
export { AgentConfig, loadConfig } from './config.ts'
export type { AgentDeps } from './deps.ts'
export { AgentError, type AgentErrorCode } from './errors.ts'
export { readStatus } from './health/read-status.ts'
export { AgentStatus } from './health/status.ts'
export { statusText } from './health/status-text.ts'
export { IdentityFolder, IdentityMemory, type IdentityStore } from './identity/identity.ts'
export { hourOf, LedgerBook } from './ledger/book.ts'
export { LedgerFeed } from './ledger/feed.ts'
export { type Sleep, systemClock, systemRandom, systemSleep } from './machine.ts'
export { untilStopped } from './signals.ts'
export { type FileSystem, type OpenFile, systemFileSystem } from './spool/file-system.ts'
export type { SpoolItem } from './spool/item.ts'
export { MemorySpool, type MemorySpoolCounts, type SpoolFate } from './spool/memory-spool.ts'
export type { Acknowledgement, Delivery, DeliveryLimits, SpoolReader } from './spool/reader.ts'
export { Spool, type SpoolFigures, type SpoolHealth, type SpoolOptions } from './spool/spool.ts'
export { systemDeps } from './system.ts'
export { HttpsTransport } from './uplink/https-transport.ts'
export { enrolled, type MembershipOptions } from './uplink/membership.ts'
export type { ReportBody, ReportedLedger } from './uplink/reporter.ts'
export type {
  Transport,
  TransportCounts,
  TransportIdentity,
  UplinkAnswer,
  UplinkRequest,
} from './uplink/transport.ts'
export { Uplink, type UplinkCounts, type UplinkOptions } from './uplink/uplink.ts'
export { AGENT_VERSION } from './version.ts'
