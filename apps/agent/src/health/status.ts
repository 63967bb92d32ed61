import { AgentReport } from '@pomona/schema'
import { z } from 'zod'

/** What a running agent says of itself on its own disk. */
export const AgentStatus = z.strictObject({
  format: z.literal(1),
  pid: z.int().min(1),
  /** RFC 3339. */
  updated: z.string(),
  /** The agent is about to end. */
  stopping: z.boolean(),
  server: z.strictObject({
    url: z.string().optional(),
    state: z.string(),
    reason: z.string().optional(),
  }),
  report: AgentReport.pick({
    epoch: true,
    boot_id: true,
    host: true,
    usage: true,
    sensors: true,
    permissions: true,
    posture: true,
  }),
  events: z.strictObject({
    received: z.int().min(0),
    sent: z.int().min(0),
    discarded: z.record(z.string(), z.int().min(0)),
  }),
  /** Files that were looked at beside the events that name them. */
  file_facts: z
    .strictObject({
      asked: z.int().min(0),
      known: z.int().min(0),
      cached: z.int().min(0),
      unhashed: z.int().min(0),
      failed: z.record(z.string(), z.int().min(0)),
      held: z.int().min(0),
      late: z.int().min(0),
    })
    .optional(),
  rules: z.int().min(0),
})
export type AgentStatus = z.infer<typeof AgentStatus>

/** Name of the file in the data directory. */
export const STATUS_FILE = 'status.json'
/** A status older than this is that of an agent that is gone. */
export const STATUS_STALE_MS = 60_000
