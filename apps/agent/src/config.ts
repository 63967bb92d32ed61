import { LogLevel, MuteList } from '@pomona/schema'
import { readSettings, type SettingsSources, settingsProperties } from '@pomona/settings'
import { z } from 'zod'

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE

/** Everything a person sets about an agent. Flags go over environment, file and default. */
export const AgentConfig = z.strictObject({
  server_url: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe("Address of the server's agent listener. Without one, events are kept and wait."),
  enrolment_token: z
    .string()
    .min(16)
    .max(256)
    .optional()
    .describe('What the Mac enrols with, made by the server; not needed once it has.'),
  data_directory: z
    .string()
    .min(1)
    .default('/Library/Application Support/Pomona')
    .describe('Folder of everything the agent keeps: identity, spool, ledger, bundles.'),
  content_directory: z
    .string()
    .min(1)
    .optional()
    .describe('Folder with `rules/` and `mappings/` to detect with until a bundle has arrived.'),
  log_level: LogLevel.default('info').describe('Least severe log lines written.'),
  hardware_uuid: z
    .guid()
    .optional()
    .describe('Identity of the hardware; read from the Mac when absent.'),
  host_name: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Name people know the Mac by; read from it when absent.'),
  os_version: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Version of macOS; read from the Mac when absent.'),
  sensors: z
    .string()
    .min(1)
    .default('eslogger,unified_log,network')
    .describe('Sensors that run, with commas between.'),
  eslogger_command: z
    .string()
    .min(1)
    .default('/usr/bin/eslogger')
    .describe('Path of eslogger, or a JSON list of a program and its first arguments.'),
  file_facts: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      'Whether files that start or are written are read: digest, first bytes, quarantine, origin. ' +
        '`auto`: on a Mac.',
    ),
  mutes: MuteList.default([]).describe(
    'Events left out at the source, as `pomona mute plan` writes them; in the file only.',
  ),
  cpu_percent_max: z
    .int()
    .min(1)
    .max(800)
    .default(25)
    .describe('Of one core; while the agent uses more, ordinary file events are left out.'),
  memory_bytes_max: z
    .int()
    .min(64 * MEBIBYTE)
    .default(256 * MEBIBYTE)
    .describe('While the agent uses more, ordinary file events are left out.'),
  spool_bytes_max: z
    .int()
    .min(4 * MEBIBYTE)
    .default(1024 * MEBIBYTE)
    .describe('Disk kept for events that were not delivered yet.'),
  disk_free_bytes_min: z
    .int()
    .min(0)
    .default(1024 * MEBIBYTE)
    .describe('Free disk the agent leaves to the Mac; below it the spool gives up events.'),
  flush_interval_ms: z
    .int()
    .min(10)
    .max(60_000)
    .default(1_000)
    .describe('Longest time an event is in memory only, until a bundle says another.'),
  flush_bytes: z
    .int()
    .min(16 * KIBIBYTE)
    .max(4 * MEBIBYTE)
    .default(512 * KIBIBYTE)
    .describe('Events in memory, before compression, that are written without waiting.'),
})
export type AgentConfig = z.infer<typeof AgentConfig>

/** The keys as JSON Schema has them: kind, limits, default and meaning of each. */
export const CONFIG_PROPERTIES = settingsProperties(AgentConfig)

/**
 * Puts the configuration together.
 * @throws SettingsError ERR_CONFIG_INVALID with every problem at once; ERR_CONFIG_UNREADABLE.
 */
export function loadConfig(sources: SettingsSources): AgentConfig {
  return readSettings({ schema: AgentConfig }, sources)
}
