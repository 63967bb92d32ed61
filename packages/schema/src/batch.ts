import { z } from 'zod'
import { Identifier, Instant } from './agent/fields.ts'
import { Alert } from './alert.ts'

/**
 * What an agent sends: events of one stream, in order, with their range and digest.
 * The body is JSON, compressed with zstd (`content-encoding: zstd`) or plain.
 */
export const BATCH_EVENTS_MAX = 5_000
/** Bytes of a batch on the wire. */
export const BATCH_WIRE_BYTES_MAX = 8 * 1024 * 1024
/** Bytes of a batch after decompression. */
export const BATCH_BYTES_MAX = 32 * 1024 * 1024
/** Alerts of the engine on the host in one batch. */
export const BATCH_ALERTS_MAX = 500
/** Deepest nesting a batch may have. */
export const BATCH_DEPTH_MAX = 64

/** Values (keys, elements, objects) a batch may hold together. */
export const BATCH_VALUES_MAX = 1_500_000
/** Characters of one event's JSON text. */
export const EVENT_CHARACTERS_MAX = 1024 * 1024

/** The host as its agent describes it. */
export const HostDescription = z.strictObject({
  id: Identifier,
  name: z.string().min(1).max(255),
  os_version: z.string().max(64).optional(),
  architecture: z.string().max(32).optional(),
  agent_version: z.string().max(64).optional(),
})
export type HostDescription = z.infer<typeof HostDescription>

/** Losses and refusals an agent counted since its last batch, by reason. */
export const StreamCounts = z.strictObject({
  sensed: z.int().min(0),
  discarded: z.record(z.string().max(64), z.int().min(0)),
  gaps: z.int().min(0).describe('Events missing by gaps in the sensor sequence numbers.'),
})
export type StreamCounts = z.infer<typeof StreamCounts>

/** Which run of an agent speaks, and when it thought it spoke. */
export const AgentMark = z.strictObject({
  session_id: z.uuid().describe('Drawn at each start of the agent.'),
  epoch: z.int().min(0).describe('Starts of the agent on this installation, counted durably.'),
  sent_at: Instant.describe("The agent's clock; the server measures the skew by it."),
})
export type AgentMark = z.infer<typeof AgentMark>

/**
 * An alert that the engine on the host found. It takes a sequence of the stream as an event does,
 * so that it is delivered once, accounted for, and never told apart from its place.
 */
export const HostAlert = z.strictObject({ sequence: z.int().min(0), alert: Alert })
export type HostAlert = z.infer<typeof HostAlert>

/**
 * One delivery of an agent. Repeating it changes nothing: stream, first and last sequence and
 * digest are its identity.
 */
export const EventBatch = z.strictObject({
  host: HostDescription,
  boot_id: Identifier,
  stream_id: Identifier,
  run: Identifier.describe(
    'Names the run of the agent the stream is of. The server derives `stream_id` from tenant and ' +
      'host of the certificate, `boot_id` and this, and refuses any other.',
  ),
  first_sequence: z.int().min(0),
  last_sequence: z.int().min(0),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(
      'SHA-256 of the JSON text of `events`, followed by that of `alerts` if there is one.',
    ),
  agent: AgentMark.optional(),
  counts: StreamCounts.optional(),
  events: z
    .array(z.record(z.string(), z.unknown()))
    .max(BATCH_EVENTS_MAX)
    .describe('ECS events; each has event.id, @timestamp and usually event.original.'),
  alerts: z
    .array(HostAlert)
    .min(1)
    .max(BATCH_ALERTS_MAX)
    .optional()
    .describe('Absent when there are none; a batch holds at least one event or alert.'),
})
export type EventBatch = z.infer<typeof EventBatch>

/** The server's answer: `stored` only after the batch is on stable storage. */
export const BatchReceipt = z.strictObject({
  status: z.enum(['stored', 'duplicate']),
  offset: z.int().min(0).describe('Position in the log.'),
  accepted: z.int().min(0),
  rejected: z.int().min(0).describe('Events set aside as dead letters, counted by reason.'),
})
export type BatchReceipt = z.infer<typeof BatchReceipt>

/** The answer (409) to a batch that begins inside what is stored and goes beyond it. */
export const BatchOverlap = z.strictObject({
  code: z.literal('batch_overlap'),
  message: z.string(),
  last_sequence: z.int().min(0).describe('Newest stored sequence: send again from the next one.'),
})
export type BatchOverlap = z.infer<typeof BatchOverlap>
