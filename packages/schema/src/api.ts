import { z } from 'zod'
import { Severity } from './alert.ts'
import { CommandRecord, HostAgent, HostContact, HostDeadLetters } from './agent-api.ts'
import { ActivityEntry, AlertRecord, FacetValue, list } from './alert-api.ts'
import { IncidentRecord } from './incident-api.ts'

/** An ECS event as the API carries it: nested, unknown fields absent. */
export const EventDocument = z.record(z.string(), z.unknown())
export type EventDocument = z.infer<typeof EventDocument>

/** A rule as written, for people to read. */
export const RuleDetail = z.strictObject({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  source: z.string().describe('The rule as written.'),
  path: z.string(),
  references: z.array(z.string()),
  false_positives: z.array(z.string()),
})
export type RuleDetail = z.infer<typeof RuleDetail>

/** An alert with everything its page shows. */
export const AlertDetail = z.strictObject({
  alert: AlertRecord,
  rule: RuleDetail.optional().describe('Absent when the rule is no longer loaded.'),
  evidence: z.array(EventDocument).describe('The triggering events that the event store holds.'),
  evidence_missing: z
    .array(z.string())
    .describe('Ids of triggering events not (yet) in the store.'),
  activity: z.array(ActivityEntry),
})
export type AlertDetail = z.infer<typeof AlertDetail>

/** How a signature looks to the analyst; `trusted` is an approximation from the kernel's facts. */
export const SIGNERS = ['platform', 'developer', 'adhoc', 'unsigned', 'invalid'] as const
/** One of {@link SIGNERS}. */
export const Signer = z.enum(SIGNERS)
export type Signer = z.infer<typeof Signer>

/** One process image of the process table. */
export const ProcessNode = z.strictObject({
  entity_id: z.string(),
  parent_entity_id: z.string().optional(),
  previous_entity_id: z.string().optional().describe('The image this one replaced by exec.'),
  responsible_entity_id: z.string().optional(),
  host_id: z.string(),
  pid: z.int(),
  pidversion: z.int(),
  name: z.string().optional(),
  executable: z.string().optional(),
  command_line: z.string().optional(),
  working_directory: z.string().optional(),
  user_id: z.string().optional(),
  user_name: z.string().optional(),
  start: z.string().optional(),
  end: z.string().optional(),
  exit_code: z.int().optional(),
  signer: Signer.optional(),
  signing_id: z.string().optional(),
  team_id: z.string().optional(),
  cdhash: z.string().optional(),
  sha256: z.string().optional().describe('Digest of the program, where the agent has read it.'),
  quarantine: z.string().optional().describe('`com.apple.quarantine` of the program at its start.'),
  origin_url: z.string().optional().describe('Where the program was downloaded from.'),
  children: z.int().describe('Children known to the store, shown or not.'),
  alerts: z.array(z.strictObject({ id: z.string(), severity: Severity, rule_name: z.string() })),
})
export type ProcessNode = z.infer<typeof ProcessNode>

/** The surroundings of one process image. */
export const ProcessTree = z.strictObject({
  focus: z.string(),
  nodes: z
    .array(ProcessNode)
    .describe('Ancestors, the focus, descendants and siblings on the way.'),
  truncated: z.boolean(),
})
export type ProcessTree = z.infer<typeof ProcessTree>

/** A host as the server knows it. */
export const HostRecord = z.strictObject({
  id: z.string(),
  name: z.string(),
  os_version: z.string().optional(),
  architecture: z.string().optional(),
  agent_version: z.string().optional(),
  first_seen: z.string(),
  last_seen: z.string().describe('When the server last took a batch of it.'),
  last_event: z.string().optional().describe('Newest event time.'),
  events: z.int(),
  gaps: z.int().describe('Events the sensor lost, by gaps in its sequence numbers.'),
  discarded: z.record(z.string(), z.int()),
  open_alerts: z.record(z.string(), z.int()).describe('Alerts not closed, by severity.'),
  agent: HostAgent.optional().describe('Absent before its agent has reported.'),
  contact: HostContact.optional().describe('Absent for a host that never enrolled.'),
  dead_letters: HostDeadLetters.optional().describe('Absent where there are none.'),
})
export type HostRecord = z.infer<typeof HostRecord>

/** Every host. */
export const HostList = z.strictObject({ items: z.array(HostRecord) })
export type HostList = z.infer<typeof HostList>

/** Selects events of one host, newest first. */
export const TimelineQuery = z.object({
  from: z.string().optional(),
  to: z.string().optional(),
  action: list(z.string().max(64)),
  category: list(z.string().max(64)),
  process: z.string().max(64).optional().describe('Process entity id.'),
  q: z.string().max(200).optional().describe('Text in path, command line, process name or domain.'),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})
export type TimelineQuery = z.infer<typeof TimelineQuery>

/** A page of a host's timeline. */
export const EventPage = z.strictObject({
  items: z.array(EventDocument),
  next_cursor: z.string().optional(),
  actions: z.array(z.strictObject({ value: z.string(), count: z.int() })),
})
export type EventPage = z.infer<typeof EventPage>

/** A page of a host's process images. */
export const ProcessPage = z.strictObject({
  items: z.array(ProcessNode),
  next_cursor: z.string().optional(),
})
export type ProcessPage = z.infer<typeof ProcessPage>

/** Selects process images of one host, newest first. */
export const ProcessQuery = z.object({
  q: z.string().max(200).optional(),
  signer: list(Signer),
  running: z.enum(['true', 'false']).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})
export type ProcessQuery = z.infer<typeof ProcessQuery>

/** A rule in the list: whether it runs, and if not, why. */
export const RuleSummary = z.strictObject({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  state: z.enum(['loaded', 'dead', 'unsupported', 'failed', 'applied']),
  reason: z.string().optional(),
  severity: Severity.optional(),
  techniques: z.array(z.string()),
  alerts: z.int(),
})
export type RuleSummary = z.infer<typeof RuleSummary>

/** Every rule, running or not. */
export const RuleList = z.strictObject({ items: z.array(RuleSummary) })
export type RuleList = z.infer<typeof RuleList>

/** received = sent + held + the sum of discarded, for every stage, always. */
export const StageCounts = z.strictObject({
  stage: z.string(),
  received: z.int(),
  sent: z.int(),
  held: z.int(),
  discarded: z.array(
    z.strictObject({ reason: z.string(), intentional: z.boolean(), count: z.int() }),
  ),
})
export type StageCounts = z.infer<typeof StageCounts>

/** A record that could not be used, kept for the operator. */
export const DeadLetter = z.strictObject({
  id: z.string(),
  time: z.string(),
  stage: z.string(),
  reason: z.string(),
  host_id: z.string().optional(),
  detail: z.string(),
  sample: z.string().describe('At most 4 KiB of what came, as text.'),
})
export type DeadLetter = z.infer<typeof DeadLetter>

/** A letter in the queue, and whether everything is there to try it again. */
export const QueuedLetter = DeadLetter.extend({ replayable: z.boolean() })
export type QueuedLetter = z.infer<typeof QueuedLetter>

/** Selects letters, the newest first. */
export const DeadLetterQuery = z.object({
  stage: list(z.string().max(64)),
  reason: list(z.string().max(64)),
  host: list(z.string().max(255)).describe('Host ids.'),
  q: z.string().max(200).optional().describe('Text in the detail or the sample.'),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type DeadLetterQuery = z.infer<typeof DeadLetterQuery>

/** What became of all letters of a stage and reason: received = kept + the three others. */
export const DeadLetterCount = z.strictObject({
  stage: z.string(),
  reason: z.string(),
  received: z.int(),
  dropped: z.int().describe('Pushed out by newer ones.'),
  replayed: z.int(),
  discarded: z.int().describe('Discarded by people.'),
})
export type DeadLetterCount = z.infer<typeof DeadLetterCount>

/** A page of letters with what the filters offer, and the books of the queue. */
export const DeadLetterPage = z.strictObject({
  items: z.array(QueuedLetter),
  total: z.int().describe('Letters that fit the filters.'),
  next_cursor: z.string().optional(),
  facets: z.strictObject({
    stage: z.array(FacetValue),
    reason: z.array(FacetValue),
    host: z.array(FacetValue),
  }),
  counts: z.array(DeadLetterCount),
})
export type DeadLetterPage = z.infer<typeof DeadLetterPage>

/** Letters by their ids. */
export const DeadLetterSelection = z.strictObject({
  ids: z.array(z.string().max(64)).min(1).max(500),
})
export type DeadLetterSelection = z.infer<typeof DeadLetterSelection>

/** How many letters left the queue. */
export const DeadLettersDiscarded = z.strictObject({ discarded: z.int() })
export type DeadLettersDiscarded = z.infer<typeof DeadLettersDiscarded>

/** What became of letters that were tried again. */
export const DeadLettersReplayed = z.strictObject({
  replayed: z.int(),
  refused: z.array(z.strictObject({ id: z.string(), reason: z.string(), detail: z.string() })),
})
export type DeadLettersReplayed = z.infer<typeof DeadLettersReplayed>

/** How the way from the agents to the screen is doing. */
export const PipelineHealth = z.strictObject({
  status: z.enum(['ok', 'degraded', 'down']),
  problems: z.array(z.string()),
  stages: z.array(StageCounts),
  lag: z.strictObject({
    log_end: z.int(),
    engine_offset: z.int(),
    projector_offset: z.int(),
  }),
  dead_letters: z.array(DeadLetter),
})
export type PipelineHealth = z.infer<typeof PipelineHealth>

/** Who is signed in. */
export const SessionInfo = z.strictObject({
  user: z.strictObject({ id: z.string(), name: z.string(), role: z.string() }),
})
export type SessionInfo = z.infer<typeof SessionInfo>

const UserName = z.string().regex(/^[\p{L}\p{N}._@-]{1,64}$/u)

/** Name and password of a local user. */
export const SignInRequest = z.strictObject({
  name: UserName,
  password: z.string().min(1).max(256),
})
export type SignInRequest = z.infer<typeof SignInRequest>

/** Creates the first user. The token comes from the one-time link the server printed. */
export const FirstRunRequest = z.strictObject({
  token: z.string().min(16).max(128),
  name: UserName,
  password: z.string().min(12).max(256),
})
export type FirstRunRequest = z.infer<typeof FirstRunRequest>

/** The codes of {@link ApiProblem}; a newer server may add to them. */
export const API_PROBLEM_CODES = [
  'invalid_request',
  'unauthenticated',
  'sign_in_refused',
  'forbidden',
  'origin_refused',
  'not_found',
  'first_run_refused',
  'rate_limited',
  'overloaded',
  'stopping',
  'unavailable',
  'internal',
  'body_too_large',
  'unsupported_media_type',
  'unsupported_encoding',
  'batch_unreadable',
  'batch_too_complex',
  'batch_invalid',
  'batch_digest_mismatch',
  'batch_overlap',
  'batch_conflict',
  'log_full',
  'foreign_host',
  'foreign_stream',
  'certificate_missing',
  'certificate_untrusted',
  'certificate_unfit',
  'certificate_expired',
  'certificate_not_yet_valid',
  'certificate_revoked',
  'token_unknown',
  'token_expired',
  'token_used_up',
  'token_revoked',
  'signing_request_refused',
  'conflict',
] as const
/** One of {@link API_PROBLEM_CODES}. */
export type ApiProblemCode = (typeof API_PROBLEM_CODES)[number]

/** Answer to a reload of the rules. */
export const RulesReloaded = z.strictObject({
  loaded: z.int(),
  problems: z.int().describe('Rules that are dead, unsupported or failed.'),
})
export type RulesReloaded = z.infer<typeof RulesReloaded>

/** Every refusal of the API: the code is the contract, the message is for people. */
export const ApiProblem = z.strictObject({
  code: z.string(),
  message: z.string(),
  fields: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
})
export type ApiProblem = z.infer<typeof ApiProblem>

/** What the live stream (`GET /api/v1/stream`, server-sent events) carries. */
export const StreamMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('alert'), alert: AlertRecord }),
  z.strictObject({ kind: z.literal('alert_updated'), alert: AlertRecord }),
  z.strictObject({
    kind: z.literal('incident').describe('It is new, or something about it has changed.'),
    incident: IncidentRecord,
    merged: z.array(z.string()).optional().describe('Incidents that are part of it from now on.'),
  }),
  z.strictObject({ kind: z.literal('host'), host: HostRecord }),
  z.strictObject({
    kind: z.literal('command').describe('It was issued, or its state has changed.'),
    command: CommandRecord.omit({ result: true }),
  }),
  z.strictObject({ kind: z.literal('rollout').describe('A bundle has changed.') }),
  z.strictObject({
    kind: z.literal('reset').describe('Messages were missed: read everything again.'),
  }),
])
export type StreamMessage = z.infer<typeof StreamMessage>
