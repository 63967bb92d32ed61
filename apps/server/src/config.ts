import { join } from 'node:path'
import { readSettings, type SettingsSources, settingsProperties } from '@pomona/settings'
import { z } from 'zod'
import { isLoopback } from './http/origin.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const MEBIBYTE = 1024 * 1024
const GIBIBYTE = 1024 * MEBIBYTE

/** Everything a person sets about the server. Flags go over environment, file and default. */
export const ServerConfig = z.strictObject({
  data_directory: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder of everything that is kept: log, events, records.'),
  content_directory: z
    .string()
    .min(1)
    .optional()
    .describe('Folder with `rules/` and `mappings/`; the content shipped with Pomona when absent.'),
  console_directory: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the built console; the one built in place when absent.'),
  listen_host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  listen_port: z.int().min(0).max(65_535).default(8443).describe('Port; 0 takes any free one.'),
  public_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address people open, when it is not the one listened on.'),
  tls_cert: z.string().min(1).optional().describe('File with the certificate chain, PEM.'),
  tls_key: z.string().min(1).optional().describe('File with the private key, PEM.'),
  agent_listen_host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on for agents.'),
  agent_listen_port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8444)
    .describe('Port for agents, always TLS; 0 takes any free one.'),
  agent_names: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,253}(?:,[A-Za-z0-9.:-]{1,253}){0,15}$/)
    .default('localhost,127.0.0.1')
    .describe('Names and addresses agents reach this server by, with commas between them.'),
  agent_connections_max: z.int().min(10).default(15_000).describe('Open connections of agents.'),
  agent_connections_per_minute_max: z
    .int()
    .min(10)
    .default(20_000)
    .describe('Connections to the port for agents that one address may begin.'),
  agent_requests_per_minute_max: z
    .int()
    .min(10)
    .default(6_000)
    .describe('Requests one host may make.'),
  ledger_days_max: z
    .int()
    .min(1)
    .max(3_650)
    .default(14)
    .describe('Days that the rows of agents’ ledgers are kept; their sums by hour outlive them.'),
  completeness_days_max: z
    .int()
    .min(1)
    .max(3_650)
    .default(400)
    .describe('Days that sums by host, sensor and hour are kept.'),
  log_level: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe log lines written.'),
  log_bytes_max: z
    .int()
    .min(16 * MEBIBYTE)
    .default(64 * GIBIBYTE)
    .describe('Size the log may reach; agents are told to wait beyond it.'),
  inflight_bytes_max: z
    .int()
    .min(40 * MEBIBYTE)
    .default(256 * MEBIBYTE)
    .describe('Bytes of batches in memory at once.'),
  connections_max: z.int().min(10).default(15_000).describe('Open connections.'),
  host_events_per_second_max: z
    .int()
    .min(1)
    .default(5_000)
    .describe('Events one host may send each second in the long run.'),
  host_events_burst_max: z
    .int()
    .min(1)
    .default(250_000)
    .describe('Events one host may send at once, as after a time offline.'),
  host_alerts_per_hour_max: z
    .int()
    .min(1)
    .default(2_000)
    .describe('Alerts of its own engine one host may tell of; the others are set aside.'),
  api_requests_per_minute_max: z
    .int()
    .min(10)
    .default(3_000)
    .describe('Requests one address may make to the API.'),
  live_readers_max: z.int().min(1).default(500).describe('Consoles that get live messages.'),
  live_messages_max: z
    .int()
    .min(1)
    .default(2_000)
    .describe('Live messages kept for consoles that reconnect.'),
  reorder_ms: z
    .int()
    .min(0)
    .max(600_000)
    .default(2_000)
    .describe('How far out of order the events of one Mac may come for rules over several events.'),
  rules_state_bytes_max: z
    .int()
    .min(16 * MEBIBYTE)
    .max(512 * MEBIBYTE)
    .default(256 * MEBIBYTE)
    .describe('Estimated size of what rules over several events remember; the oldest goes.'),
  rule_alerts_per_hour_max: z
    .int()
    .min(1)
    .default(500)
    .describe('Alerts one rule may tell of one Mac in an hour; the others are only counted.'),
  session_idle_seconds: z
    .int()
    .min(60)
    .default(8 * 3_600)
    .describe('A session unused for so long ends.'),
  session_absolute_seconds: z
    .int()
    .min(60)
    .default(7 * 24 * 3_600)
    .describe('A session so old ends.'),
  first_run_seconds: z
    .int()
    .min(60)
    .default(3_600)
    .describe('Life of the one-time link that makes the first user.'),
})
export type ServerConfig = z.infer<typeof ServerConfig>

/** The folder of the content shipped with this checkout. */
export const CONTENT_DIRECTORY = join(ROOT, 'content')
/** The folder the console is built into. */
export const CONSOLE_DIRECTORY = join(ROOT, 'apps', 'console', 'dist')

/** The keys as JSON Schema has them: kind, limits, default and meaning of each. */
export const CONFIG_PROPERTIES = settingsProperties(ServerConfig)

/**
 * Puts the configuration together.
 * @throws SettingsError ERR_CONFIG_INVALID with every problem at once; ERR_CONFIG_UNREADABLE.
 */
export function loadConfig(sources: SettingsSources): ServerConfig {
  return readSettings({ schema: ServerConfig, contradictions }, sources)
}

/** What is wrong with values that are right one by one. */
function contradictions(config: ServerConfig): readonly string[] {
  const problems: string[] = []
  if ((config.tls_cert === undefined) !== (config.tls_key === undefined)) {
    problems.push('tls_cert and tls_key belong together: set both or neither.')
  }
  const wildcard = config.listen_host === '0.0.0.0' || config.listen_host === '::'
  if (wildcard && config.public_url === undefined) {
    problems.push('public_url is needed when listen_host is every address: pages must have a home.')
  }
  const url = config.public_url === undefined ? undefined : new URL(config.public_url)
  if (url?.protocol === 'http:' && !isLoopback(url.hostname)) {
    problems.push('public_url must be https: browsers keep the session cookie from plain http.')
  }
  return problems
}
