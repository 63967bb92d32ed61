export {
  COMMAND_ENVIRONMENT,
  type CommandEnd,
  type CommandFailure,
  type CommandHandlers,
  type CommandLine,
  type Commands,
  type CommandStop,
  howEnded,
  type RunningCommand,
} from './command/command.ts'
export { type CommandResult, runCommand, type RunLimits, type RunTools } from './command/run.ts'
export { systemCommands } from './command/system-commands.ts'
export { SensorError, type SensorErrorCode } from './errors.ts'
export {
  EsloggerDecoder,
  type BadLine,
  type ReaderCounts,
  type ReaderOptions,
} from './eslogger/decoder.ts'
export { Eslogger, ESLOGGER, type EsloggerOptions } from './eslogger/eslogger.ts'
export {
  EVENT_TYPES,
  EVENT_TYPES_BY_NAME,
  MESSAGE_VERSIONS_KNOWN,
  type EventType,
} from './eslogger/event-types.ts'
export { INTAKE_LIMITS, type IntakeLimits } from './eslogger/intake.ts'
export {
  LINE_DEPTH_MAX,
  readLine,
  type EsMessage,
  type LineFailure,
  type LineRead,
  type RawRecord,
} from './eslogger/line.ts'
export { eventName, LossCounter, type LossCounts } from './eslogger/loss.ts'
export { readEslogger, type EsloggerStream } from './eslogger/reader.ts'
export type {
  CaptureBreak,
  CaptureCounts,
  CaptureLoss,
  PacketFailure,
  PacketProcess,
} from './network/capture/packet.ts'
export {
  type NetworkCounts,
  NetworkDecoder,
  type NetworkLimits,
  type PacketSkip,
} from './network/decoder.ts'
export { PACKET_FILTER } from './network/packet-filter.ts'
export {
  type NetworkQueueLimits,
  NetworkSensor,
  type NetworkSensorOptions,
  TCPDUMP,
} from './network/sensor.ts'
export { type NetworkStream, readNetwork } from './network/reader.ts'
export type { DnsAnswer } from './network/dns/message.ts'
export type {
  DisconnectReason,
  NetworkAction,
  NetworkDns,
  NetworkEnd,
  NetworkRecord,
  NetworkTls,
} from './network/record.ts'
export { type Subscription, SUBSCRIPTIONS } from './eslogger/subscriptions.ts'
export {
  FILE_FACTS_LIMITS,
  FileFactsCollector,
  type FileFactsCounts,
  type FileFactsLimits,
  type FileFactsTools,
} from './file-facts/collector.ts'
export { macProbes } from './posture/mac-probes.ts'
export type { FactsFailure, FileFacts } from './file-facts/facts.ts'
export type { WantedFile } from './file-facts/wanted.ts'
export { TYPE_BUDGETS, type TypeBudget } from './filter/budgets.ts'
export { filePaths } from './filter/file-paths.ts'
export { FILTER_POLICY, type FilterPolicy, policyFilter } from './filter/policy.ts'
export { KEEP_EVERYTHING, type SourceFilter } from './filter/source-filter.ts'
export { openCapture, openRecording } from './recording.ts'
export {
  PostureCollector,
  type PostureFact,
  type PostureLook,
  type PostureOptions,
  type PostureProbe,
  type PostureSnapshot,
} from './posture/collector.ts'
export {
  type ProcessSnapshot,
  processSnapshot,
  type RunningProcess,
} from './process-snapshot/ps.ts'
export { redactArguments, redactEnvironment } from './redact/arguments.ts'
export { redactLogRecord } from './redact/log-record.ts'
export { type RedactedRecord, redactRecord } from './redact/record.ts'
export { redactText } from './redact/text.ts'
export { parseScenario } from './scenario/parse.ts'
export type { Scenario, ScenarioProblem, ScenarioRead } from './scenario/scenario.ts'
export { loadScenarios, type LoadedScenarios } from './scenario/folder.ts'
export { HOST_DEFAULT, type SimulatedHost, type SimulatedUser } from './simulator/host.ts'
export { simulatedEslogger, type SimulatedEsloggerProcess } from './simulator/simulated-eslogger.ts'
export type { Listening } from './simulator/mac.ts'
export {
  simulate,
  simulateTold,
  type SimulationOptions,
  type ToldLine,
} from './simulator/simulate.ts'
export type {
  SensedBatch,
  SensedDrop,
  SensedGap,
  Sensor,
  SensorCounts,
  SensorProblem,
  SensorState,
} from './sensor.ts'
export { BACKOFF_LIMITS, type BackoffLimits } from './supervision/backoff.ts'
export {
  type SilenceLimits,
  Supervised,
  type SupervisedOptions,
  type SupervisionTools,
} from './supervision/supervised.ts'
export { SYSTEM_TIMER, type Timer } from './timer.ts'
export { LogDecoder, type LogRead, type LogSkip } from './unified-log/decoder.ts'
export {
  type LogLineFailure,
  type LogLineRead,
  readLogLine,
  type UnifiedLogRecord,
} from './unified-log/record.ts'
export type {
  DnsClient,
  GatekeeperScan,
  LogStatement,
  SshStatement,
  SudoStatement,
  TccContext,
  TccResult,
} from './unified-log/statement.ts'
export type { TccRequest } from './unified-log/tcc-requests.ts'
export {
  LOG_PREDICATE,
  LOG_STREAM,
  logType,
  UnifiedLog,
  type UnifiedLogOptions,
} from './unified-log/unified-log.ts'
