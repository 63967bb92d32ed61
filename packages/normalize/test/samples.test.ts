import { deepEqual, equal } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type EcsEvent, fieldPath, fieldValue, problemsOf } from '@pomona/schema'
import { readLine } from '@pomona/sensor'
import { Normalizer } from '../src/index.ts'
import { CONTEXT } from './records.ts'

const SAMPLES = join(import.meta.dirname, '../../../../shared/data/sensors')
const skip = existsSync(SAMPLES) ? false : 'the recorded samples are not beside the repository'

type Wanted = Readonly<Record<string, unknown>>

// Each record alone, as it was taken from a longer stream.
function alone(line: string): EcsEvent {
  const read = readLine(line, 0)
  if (!read.ok) throw new Error(`unreadable: ${read.reason}`)
  const result = new Normalizer(CONTEXT).normalize(read.record)
  if (!result.ok) throw new Error(`dropped: ${result.reason}`)
  deepEqual(problemsOf(result.event), [])
  equal(result.event.event?.original, line)
  return result.event
}

function lines(name: string): string[] {
  if (skip !== false) return []
  return readFileSync(join(SAMPLES, name), 'utf8').trimEnd().split('\n')
}

function check(event: EcsEvent, wanted: Wanted): void {
  for (const [field, value] of Object.entries(wanted)) {
    deepEqual(fieldValue(event, fieldPath(field)), value, field)
  }
}

const ESLOGGER: readonly (readonly [file: string, index: number, wanted: Wanted])[] = [
  [
    'eslogger/mullvad_real_v9_v10_v11.jsonl',
    0,
    {
      'event.action': 'exit',
      'event.type': ['end'],
      'event.outcome': undefined,
      'process.executable': '/usr/sbin/ipconfig',
      'process.exit_code': 0,
      'process.end': '2025-08-07T15:13:09.811587464Z',
      'process.start': '2025-08-07T15:13:09.798115000Z',
      'process.code_signature.trusted': true,
      'process.hash.cdhash': 'f988105881118cd77ef87293d97dece8e193fa98',
      'process.interactive': false,
      'user.id': '0',
      'user.name': 'root',
      'macos.es.version': 9,
      'macos.process.platform_binary': true,
      'macos.process.audit_user_id': undefined,
      'process.parent.pid': 532,
    },
  ],
  [
    'eslogger/mullvad_real_v9_v10_v11.jsonl',
    1,
    {
      'event.action': 'exec',
      'event.category': ['process'],
      'event.type': ['start'],
      'event.outcome': 'success',
      'process.pid': 97_391,
      'process.executable': '/bin/connection-checker',
      'process.name': 'connection-checker',
      'process.args': ['/bin/connection-checker'],
      'process.args_count': 1,
      'process.command_line': '/bin/connection-checker',
      'process.working_directory': '/bin/mullvadvpn-app',
      'process.env_vars': ['FOO=bar'],
      'process.interactive': true,
      'process.previous.executable': '/bin/nu',
      'process.code_signature.exists': true,
      'process.code_signature.trusted': false,
      'process.code_signature.status': 'adhoc',
      'process.code_signature.team_id': undefined,
      'macos.process.pidversion': 149_092,
      'macos.process.tty': '/dev/ttys003',
      'macos.process.script': undefined,
      'macos.responsible.pid': 938,
      'user.id': '501',
    },
  ],
  [
    'eslogger/mullvad_real_v9_v10_v11.jsonl',
    2,
    {
      'event.action': 'fork',
      'event.type': ['start'],
      'process.pid': 21_497,
      'macos.process.pidversion': 38_282,
      'process.parent.pid': 19_745,
      'process.parent.name': 'Mullvad VPN',
      'process.parent.code_signature.team_id': 'CKG9MXH72F',
      'process.code_signature.status': 'trusted',
      'process.user.id': '501',
      'macos.es.version': 10,
      'macos.process.cs_validation_category': 6,
    },
  ],
  [
    'eslogger/mullvad_real_v9_v10_v11.jsonl',
    3,
    {
      'event.action': 'exec',
      'macos.es.version': 11,
      'process.name': 'localizationswitcherd',
      'process.previous.executable': '/usr/libexec/xpcproxy',
      'process.code_signature.status': 'trusted',
      'macos.process.cpu_type': 16_777_228,
    },
  ],
  [
    'scratchingpost/real_tahoe_capture.jsonl',
    0,
    {
      'event.action': 'exec',
      'process.args': ['xpcproxy', 'com.apple.prngseedd'],
      'process.command_line': 'xpcproxy com.apple.prngseedd',
      'process.previous.executable': '/sbin/launchd',
      'process.parent.pid': 1,
    },
  ],
  [
    'scratchingpost/real_tahoe_capture.jsonl',
    1,
    { 'event.action': 'fork', 'process.pid': 1_144, 'process.parent.executable': '/sbin/launchd' },
  ],
  [
    'scratchingpost/real_tahoe_capture.jsonl',
    2,
    {
      'event.action': 'create',
      'event.category': ['file'],
      'event.type': ['creation'],
      'process.name': 'bash',
      'file.path': '/private/tmp/spd_2.txt',
      'file.name': 'spd_2.txt',
      'file.directory': '/private/tmp',
      'file.extension': 'txt',
      'file.inode': '103736',
      'file.size': 0,
      'file.mode': '0666',
      'file.type': 'file',
      'file.owner': 'root',
      'file.created': '2026-07-01T21:51:44.524288706Z',
      'macos.responsible.pid': 305,
    },
  ],
  [
    'scratchingpost/real_tahoe_capture.jsonl',
    3,
    {
      'event.action': 'rename',
      'event.type': ['change'],
      'file.path': '/private/tmp/spdm_1.txt',
      'file.inode': '103735',
      'macos.file.original_path': '/private/tmp/spd_1.txt',
      'macos.file.original_extension': 'txt',
    },
  ],
  [
    'scratchingpost/real_tahoe_capture.jsonl',
    4,
    {
      'event.action': 'unlink',
      'event.type': ['deletion'],
      'file.path': '/private/tmp/spdm_1.txt',
    },
  ],
]

for (const [file, index, wanted] of ESLOGGER) {
  const name = `samples: eslogger ${String(wanted['event.action'])}, ${file} line ${index + 1}`
  test(name, { skip }, () => check(alone(lines(file)[index] ?? ''), wanted))
}

interface Pair {
  readonly raw: { readonly event: object }
  readonly peer_expected_ecs: {
    readonly event?: { readonly action?: string; readonly outcome?: string }
    readonly user?: { readonly name?: string | readonly string[] }
    readonly group?: { readonly name?: string }
    readonly source?: { readonly ip?: string }
    readonly process?: Readonly<Record<string, unknown>>
  } | null
}

const PAIRS = lines('elastic-jamf-condensed/jamf_telemetry_condensed.jsonl').map(
  // What follows checks the shape.
  (line) => JSON.parse(line) as Pair,
)

const JAMF_CHECK = '/Applications/JamfCheck.app'
const HELPER = 'com.txhaflaire.JamfCheck.helper'

/*
 * Where we differ from the peer, and why: `process` is no category of an event in which nothing
 * happens to a process, `info` says nothing beside another type, the user of a directory change is
 * who made it (the account is user.target), a change of membership creates no group, and locking
 * ends what unlocking starts.
 */
const JAMF: Readonly<Record<string, Wanted>> = {
  lw_session_unlock: {
    'event.category': ['authentication', 'session'],
    'event.type': ['start'],
    'user.id': undefined,
    'user.effective.id': '502',
    'process.name': 'loginwindow',
    'macos.session.graphical_id': 257,
  },
  od_enable_user: {
    'event.category': ['iam', 'configuration'],
    'event.type': ['user', 'change'],
    'event.outcome': 'success',
    'process.name': 'pwpolicy',
    'macos.reporter.name': 'opendirectoryd',
    'user.id': '0',
    'user.target.name': 'user1',
    'macos.directory.database': '/var/db/dslocal/nodes/Default',
  },
  exec: {
    'event.outcome': 'failure',
    'process.command_line': '/bin/zsh -c /var/folders/fm/j970swbn73dfnkjgsqjxxvj40000gp/T/eicar',
    'process.previous.executable': '/Applications/JamfCheck.app/Contents/MacOS/JamfCheck',
    'process.code_signature.trusted': true,
    'process.parent.pid': 64_632,
  },
  od_group_set: {
    'event.type': ['group', 'change'],
    'process.name': 'dscl',
    'group.name': 'group1',
    'macos.directory.members': ['admin'],
    'user.target.name': 'admin',
  },
  od_delete_group: {
    'event.type': ['group', 'deletion'],
    'group.name': 'group1',
    'process.name': 'UsersGroups',
    'user.id': '502',
  },
  od_modify_password: {
    'event.type': ['user', 'change'],
    'event.outcome': 'failure',
    'macos.directory.error_code': 5301,
    'macos.directory.database': undefined,
    'user.target.name': 'user1',
  },
  od_attribute_value_remove: {
    'event.type': ['user', 'change'],
    'macos.directory.attribute': 'dsAttrTypeStandard:AltSecurityIdentities',
    'user.target.name': 'jappleseed',
  },
  od_attribute_set: {
    'event.type': ['group', 'change'],
    'macos.directory.values': ['/Users/user1/Public'],
    'process.name': 'SharePointManagementService',
  },
  authentication: {
    'event.category': ['authentication'],
    'event.type': ['start'],
    'event.outcome': 'success',
    'process.name': 'coreauthd',
    'macos.reporter.name': 'biometrickitd',
    'macos.authentication.method': 'touchid',
    'macos.authentication.touchid_mode': 'identification',
    'user.id': '502',
    'user.effective.id': '0',
  },
  openssh_login: {
    'event.category': ['authentication', 'session'],
    'event.outcome': 'success',
    'user.id': '501',
    'user.name': 'jappleseed',
    'source.ip': '192.168.4.252',
    'macos.authentication.result': 'auth_success',
    'related.ip': ['192.168.4.252'],
  },
  xp_malware_detected: {
    'event.kind': 'alert',
    'event.category': ['malware'],
    'event.type': ['info'],
    'file.path': '/Users/jappleseed/Downloads/CloudMensis/WindowServer',
    'rule.name': 'SNOWDRIFT',
    'macos.xprotect.malware': 'SNOWDRIFT',
  },
  screensharing_attach: {
    'event.category': ['session', 'authentication'],
    'event.outcome': 'success',
    'source.ip': '192.168.4.252',
    'user.name': 'jappleseed',
    'macos.screensharing.viewer': undefined,
    'macos.screensharing.existing_session': true,
  },
  kextload: {
    'event.category': ['driver'],
    'event.type': ['start'],
    'macos.kext.identifier': 'com.apple.driver.AppleUSBAudio',
  },
  settime: {
    'event.category': ['configuration'],
    'event.type': ['change'],
    'process.name': 'sntp',
  },
  btm_launch_item_add: {
    'event.type': ['creation'],
    'process.name': 'JamfCheck',
    'macos.reporter.name': 'backgroundtaskmanagementd',
    'macos.persistence.type': 'daemon',
    'macos.persistence.path': `${JAMF_CHECK}/Contents/Library/LaunchDaemons/${HELPER}.plist`,
    'macos.persistence.executable': `${JAMF_CHECK}/Contents/Resources/com.txhaflaire.JamfCheck.helper`,
    'file.name': 'com.txhaflaire.JamfCheck.helper.plist',
  },
  btm_launch_item_remove: {
    'event.type': ['deletion'],
    'macos.persistence.type': 'agent',
    'macos.persistence.path': '/Library/LaunchAgents/inSyncAgent.plist',
    'macos.persistence.app_path': undefined,
    'macos.reporter.name': 'backgroundtaskmanagementd',
  },
  cs_invalidated: {
    'event.category': ['process'],
    'event.type': ['change'],
    'process.executable': '/Users/jappleseed/Downloads/common/sleep',
    'process.code_signature.valid': false,
    'process.code_signature.status': 'invalid',
    'process.code_signature.trusted': false,
  },
  chroot: {
    'event.category': ['process'],
    'file.path': '/private/var/folders/2f/w7qslkks19ncxg48w_559zp80000gn/T',
  },
}

/** Events in which the peer names the account as `user`, and we as `user.target`. */
const TARGETS: ReadonlySet<string> = new Set(['od_enable_user', 'od_group_set'])

test('samples: every pair of the peer is looked at', { skip }, () => {
  const actions = PAIRS.map(({ raw }) => Object.keys(raw.event)[0] ?? '').toSorted()
  deepEqual(actions, Object.keys(JAMF).toSorted())
})

for (const { raw, peer_expected_ecs: peer } of PAIRS) {
  const action = Object.keys(raw.event)[0] ?? ''
  test(`samples: the peer's ${action} is read as well or better`, { skip }, () => {
    const event = alone(JSON.stringify(raw))
    check(event, { 'event.action': action, ...JAMF[action] })
    if (peer === null) return
    equal(event.event?.action, peer.event?.action)
    if (peer.event?.outcome !== undefined) equal(event.event?.outcome, peer.event.outcome)
    if (peer.group?.name !== undefined) equal(event.group?.name, peer.group.name)
    if (peer.source?.ip !== undefined) equal(event.source?.ip, peer.source.ip)
    for (const [key, value] of Object.entries(peer.process ?? {})) {
      deepEqual(fieldValue(event.process, [key]), value, key)
    }
    const name = TARGETS.has(action) ? event.user?.target?.name : event.user?.name
    if (peer.user?.name !== undefined) deepEqual(name, [peer.user.name].flat()[0])
  })
}
