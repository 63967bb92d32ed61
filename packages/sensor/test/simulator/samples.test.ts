import { deepEqual, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventName, readLine, type EsMessage } from '@pomona/sensor'
import { play } from './play.ts'

const FOLDER = new URL('../../../../../shared/data/sensors/', import.meta.url)
const skip = existsSync(FOLDER) ? false : 'the recorded samples are not beside this checkout'

function lines(path: string): readonly string[] {
  return skip === false ? readFileSync(new URL(path, FOLDER), 'utf8').trim().split('\n') : []
}

/** Every path of keys; what is null in either record, or free-form, is compared no further. */
function keyPaths(
  value: unknown,
  options: { readonly prefix: string; readonly stop: ReadonlySet<string> },
): string[] {
  const { prefix, stop } = options
  if (typeof value !== 'object' || value === null || stop.has(prefix)) return [prefix]
  if (Array.isArray(value)) {
    const inner = value.flatMap((item) => keyPaths(item, { prefix: `${prefix}[]`, stop }))
    return [...new Set(inner)].toSorted()
  }
  return Object.entries(value)
    .flatMap(([key, item]) => keyPaths(item, { prefix: `${prefix}.${key}`, stop }))
    .toSorted()
}

function nullPaths(value: unknown, prefix: string): string[] {
  if (value === null) return [prefix]
  if (typeof value !== 'object' || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, item]) => nullPaths(item, `${prefix}.${key}`))
}

function compare(sample: unknown, generated: unknown): void {
  const stop = new Set([
    ...nullPaths(sample, ''),
    ...nullPaths(generated, ''),
    '.event.exec.entitlements',
  ])
  deepEqual(keyPaths(generated, { prefix: '', stop }), keyPaths(sample, { prefix: '', stop }))
}

const STEPS: Readonly<Record<string, unknown>> = {
  exec: { exec: { args: 'id' } },
  fork: { fork: { parent: 'zsh' } },
  exit: { run: { args: 'id' } },
  create: { create: { by: 'zsh', path: '/tmp/a' } },
  rename: { rename: { by: 'zsh', source: '/tmp/a', to: '/tmp/b' } },
  unlink: { unlink: { by: 'zsh', target: '/tmp/a' } },
  lw_session_unlock: { lw_session_unlock: { username: 'maya' } },
  lw_session_lock: { lw_session_lock: { username: 'maya' } },
  od_enable_user: { od_enable_user: { by: 'zsh', user_name: 'a' } },
  od_group_set: { od_group_set: { by: 'zsh', group_name: 'a', member_array: ['b'] } },
  od_group_remove: { od_group_remove: { by: 'zsh', group_name: 'a', member_value: 'b' } },
  od_delete_group: { od_delete_group: { by: 'zsh', group_name: 'a' } },
  od_modify_password: { od_modify_password: { by: 'zsh', account_name: 'a' } },
  od_attribute_value_add: {
    od_attribute_value_add: {
      by: 'zsh',
      record_name: 'a',
      attribute_name: 'b',
      attribute_value: 'c',
    },
  },
  od_attribute_value_remove: {
    od_attribute_value_remove: {
      by: 'zsh',
      record_name: 'a',
      attribute_name: 'b',
      attribute_value: 'c',
    },
  },
  od_attribute_set: {
    od_attribute_set: { by: 'zsh', record_name: 'a', attribute_name: 'b', attribute_values: ['c'] },
  },
  authentication: { authentication: { by: 'coreauthd', type: 'touchid' } },
  openssh_login: {
    openssh_login: { by: 'zsh', source_address: '192.0.2.1', username: 'a', uid: 501 },
  },
  login_login: { login_login: { by: 'login', username: 'a' } },
  login_logout: { login_logout: { by: 'login', username: 'a' } },
  xp_malware_detected: { xp_malware_detected: { malware_identifier: 'A', detected_path: '/a' } },
  xp_malware_remediated: {
    xp_malware_remediated: { malware_identifier: 'A', remediated_path: '/a' },
  },
  su: { su: { by: 'zsh', from_username: 'a' } },
  sudo: { sudo: { by: 'zsh', from_username: 'a', command: '/a' } },
  screensharing_attach: {
    screensharing_attach: { source_address: '192.0.2.1', authentication_username: 'a' },
  },
  kextload: { kextload: { identifier: 'a' } },
  profile_add: { profile_add: { by: 'mdmclient', identifier: 'a', display_name: 'b' } },
  settime: { settime: { by: 'timed' } },
  btm_launch_item_add: {
    btm_launch_item_add: { app: 'finder', instigator: null, by: 'finder', item_url: 'a' },
  },
  btm_launch_item_remove: { btm_launch_item_remove: { item_url: 'a' } },
  cs_invalidated: { cs_invalidated: { by: 'zsh' } },
  chroot: { chroot: { by: 'zsh', target: '/a' } },
  mount: { mount: { by: 'zsh', f_mntonname: '/a', f_mntfromname: 'b' } },
}

const RELEASES: Readonly<Record<number, string>> = { 7: '14.5', 9: '15.6', 10: '26.1', 11: '27.0' }

function generated(sample: EsMessage, tokenForm: 'object' | 'array' = 'object'): EsMessage {
  const name = eventName(sample)
  const step = STEPS[name]
  ok(step !== undefined, `no step for ${name}`)
  const osVersion = RELEASES[Number(sample['version'])] ?? ''
  const record = play([step], { osVersion, tokenForm }).find(
    ({ value }) => eventName(value) === name,
  )
  ok(record !== undefined)
  return record.value
}

const REAL = [
  ...lines('eslogger/mullvad_real_v9_v10_v11.jsonl'),
  ...lines('scratchingpost/real_tahoe_capture.jsonl'),
]
for (const [index, line] of REAL.entries()) {
  const read = readLine(line, index)
  ok(read.ok)
  const sample = read.record.value
  const name = `${eventName(sample)} of message version ${String(sample['version'])}`
  test(`samples: ${name} has the same keys (line ${index + 1})`, () => {
    const isArray = line.includes('"audit_token":[')
    compare(sample, generated(sample, isArray ? 'array' : 'object'))
  })
}

// Trimmed when the events were transcribed; see the provenance of the samples.
const TRIMMED = new Set(['stat', 'signature_version'])
const TOP = [
  'event',
  'process',
  'version',
  'event_type',
  'seq_num',
  'global_seq_num',
  'action',
  'action_type',
  'schema_version',
  'time',
]

function trimmed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const kept = Object.entries(value).filter(
    ([key, item]) => !(TRIMMED.has(key) && (key !== 'stat' || typeof item === 'object')),
  )
  return Object.fromEntries(kept.map(([key, item]) => [key, trimmed(item)]))
}

for (const [index, line] of lines(
  'elastic-jamf-condensed/jamf_telemetry_condensed.jsonl',
).entries()) {
  // Sound: the wrapper's shape is fixed by its transcriber, see its PROVENANCE.md.
  const { raw } = JSON.parse(line) as { readonly raw: EsMessage }
  test(`samples: the transcribed ${eventName(raw)} has the same keys (line ${index + 1})`, () => {
    const message = generated(raw)
    compare(raw, trimmed(Object.fromEntries(TOP.map((key) => [key, message[key]]))))
  })
}

test('samples: were found', { skip }, () => {
  ok(REAL.length > 0)
})
