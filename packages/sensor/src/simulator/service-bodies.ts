import {
  actor,
  choice,
  code,
  count,
  file,
  given,
  group,
  nullableProcess,
  optionalProcess,
  plain,
  token,
  userId,
  uuid,
  type Body,
  type BodyField,
} from './body-fields.ts'

const ADDRESS_TYPES = { none: 0, ipv4: 1, ipv6: 2, named_socket: 3 }
const ITEM_TYPES = { user_item: 0, app: 1, login_item: 2, agent: 3, daemon: 4 }
const RECORD_TYPES = { user: 0, group: 1 }
const MEMBER_TYPES = { user_name: 0, user_uuid: 1, group_uuid: 2 }
const OPEN_DIRECTORY = [
  plain('node_name', '/Local/Default'),
  plain('db_path', '/var/db/dslocal/nodes/Default'),
]
function directory(...fields: readonly BodyField[]): Body {
  const head = [actor(), token(), plain('error_code', 0)]
  return { reporter: 'opendirectoryd', fields: [...head, ...fields, ...OPEN_DIRECTORY] }
}
const ATTRIBUTE = [code('record_type', RECORD_TYPES), given('record_name'), given('attribute_name')]
const ITEM = group('item', [
  code('item_type', ITEM_TYPES),
  plain('legacy', false),
  plain('managed', false),
  userId('uid'),
  given('item_url'),
  plain('app_url', ''),
])
const PROFILE = group('profile', [
  given('identifier'),
  uuid('uuid'),
  code('install_source', { managed: 0, user: 1 }),
  plain('organization', ''),
  given('display_name'),
  plain('scope', 'System'),
])
const SESSION = [given('username'), plain('graphical_session_id', 257)]
const SOURCE = [code('source_address_type', ADDRESS_TYPES, 1), given('source_address')]
const SSH_RESULTS = {
  exceed_maxtries: 0,
  root_denied: 1,
  success: 2,
  fail_none: 3,
  fail_password: 4,
  fail_keyboard_interactive: 5,
  fail_public_key: 6,
  fail_hostbased: 7,
  fail_gssapi: 8,
  invalid_user: 9,
}
const RULE_CLASSES_NOTE: readonly BodyField[] = [
  actor(),
  token(),
  { kind: 'process', name: 'petitioner', actor: true, nullable: true },
  token('petitioner'),
]
const TCC_REASONS = {
  none: 0,
  error: 1,
  user_consent: 2,
  user_set: 3,
  system_set: 4,
  service_policy: 5,
  mdm_policy: 6,
  service_override_policy: 7,
  missing_usage_string: 8,
  prompt_timeout: 9,
  preflight_unknown: 10,
  entitled: 11,
  app_type_policy: 12,
  prompt_cancel: 13,
}
const AUTHENTICATION: Body = {
  reporter: 'opendirectoryd',
  fields: [
    plain('success', true),
    code('type', { od: 0, touchid: 1, token: 2, auto_unlock: 3 }),
    choice({
      name: 'data',
      by: 'type',
      choices: [
        {
          when: 0,
          key: 'od',
          fields: [
            actor(),
            token(),
            plain('record_type', 'Users'),
            given('record_name'),
            ...OPEN_DIRECTORY,
          ],
        },
        {
          when: 1,
          key: 'touchid',
          fields: [
            actor(),
            token(),
            code('touchid_mode', { verification: 0, identification: 1 }),
            userId('uid'),
          ],
        },
        {
          when: 2,
          key: 'token',
          fields: [
            actor(),
            token(),
            given('pubkey_hash'),
            given('token_id'),
            plain('kerberos_principal', ''),
          ],
        },
        {
          when: 3,
          key: 'auto_unlock',
          fields: [
            given('username'),
            { ...code('unlock_type', { machine_unlock: 1, auth_prompt: 2 }, 1) },
          ],
        },
      ],
    }),
  ],
}

/**
 * Bodies of what daemons and system programs report about accounts, sign-in, persistence and
 * privacy.
 */
export const SERVICE_BODIES: Readonly<Record<string, Body>> = {
  authentication: AUTHENTICATION,
  xp_malware_detected: {
    reporter: 'xprotect',
    fields: [
      plain('signature_version', '5322'),
      given('malware_identifier'),
      uuid('incident_identifier'),
      given('detected_path'),
    ],
  },
  xp_malware_remediated: {
    reporter: 'xprotect',
    fields: [
      plain('signature_version', '5322'),
      given('malware_identifier'),
      uuid('incident_identifier'),
      plain('action_type', 'path_delete'),
      plain('success', true),
      plain('result_description', 'File deleted'),
      plain('remediated_path', null),
      { kind: 'token', name: 'remediated_process_audit_token', of: 'remediated_process' },
    ],
  },
  lw_session_login: { reporter: 'loginwindow', fields: SESSION },
  lw_session_logout: { reporter: 'loginwindow', fields: SESSION },
  lw_session_lock: { reporter: 'loginwindow', fields: SESSION },
  lw_session_unlock: { reporter: 'loginwindow', fields: SESSION },
  screensharing_attach: {
    reporter: 'screensharingd',
    fields: [
      plain('success', true),
      ...SOURCE,
      plain('viewer_appleid', ''),
      plain('authentication_type', 'RSA-SRP'),
      given('authentication_username'),
      plain('session_username', ''),
      plain('existing_session', true),
      plain('graphical_session_id', 257),
    ],
  },
  screensharing_detach: {
    reporter: 'screensharingd',
    fields: [...SOURCE, plain('viewer_appleid', ''), plain('graphical_session_id', 257)],
  },
  openssh_login: {
    fields: [
      plain('success', true),
      code('result_type', SSH_RESULTS, 2),
      ...SOURCE,
      given('username'),
      plain('uid', null),
    ],
  },
  openssh_logout: { fields: [...SOURCE, given('username'), userId('uid')] },
  login_login: {
    fields: [
      plain('success', true),
      plain('failure_message', ''),
      given('username'),
      userId('uid'),
    ],
  },
  login_logout: { fields: [given('username'), userId('uid')] },
  btm_launch_item_add: {
    reporter: 'backgroundtaskmanagementd',
    fields: [
      actor(),
      token(),
      nullableProcess('app'),
      token('app'),
      ITEM,
      plain('executable_path', ''),
    ],
  },
  btm_launch_item_remove: {
    reporter: 'backgroundtaskmanagementd',
    fields: [optionalProcess('instigator'), token(), optionalProcess('app'), token('app'), ITEM],
  },
  profile_add: {
    reporter: 'mdmclient',
    fields: [actor(), token(), plain('is_update', false), PROFILE],
  },
  profile_remove: { reporter: 'mdmclient', fields: [actor(), token(), PROFILE] },
  su: {
    fields: [
      plain('success', true),
      plain('failure_message', ''),
      userId('from_uid'),
      given('from_username'),
      plain('to_uid', 0),
      plain('to_username', 'root'),
      plain('shell', '/bin/sh'),
      count({ name: 'argc', of: 'argv' }),
      plain('argv', []),
      count({ name: 'env_count', of: 'env' }),
      plain('env', []),
    ],
  },
  sudo: {
    fields: [
      plain('success', true),
      {
        kind: 'choice',
        name: 'reject_info',
        by: 'success',
        choices: [
          {
            when: 0,
            key: '',
            fields: [
              plain('plugin_name', 'sudoers_policy'),
              code(
                'plugin_type',
                { unknown: 0, front_end: 1, policy: 2, io: 3, audit: 4, approval: 5 },
                2,
              ),
              plain('failure_message', 'incorrect password attempt'),
            ],
          },
        ],
      },
      userId('from_uid'),
      given('from_username'),
      plain('to_uid', 0),
      plain('to_username', 'root'),
      given('command'),
    ],
  },
  authorization_petition: {
    reporter: 'authd',
    fields: [
      ...RULE_CLASSES_NOTE,
      plain('flags', 3),
      count({ name: 'right_count', of: 'rights' }),
      given('rights'),
    ],
  },
  authorization_judgement: {
    reporter: 'authd',
    fields: [
      ...RULE_CLASSES_NOTE,
      plain('return_code', 0),
      count({ name: 'result_count', of: 'results' }),
      given('results'),
    ],
  },
  od_group_add: directory(
    given('group_name'),
    group('member', [code('member_type', MEMBER_TYPES), given('member_value')]),
  ),
  od_group_remove: directory(
    given('group_name'),
    group('member', [code('member_type', MEMBER_TYPES), given('member_value')]),
  ),
  od_group_set: directory(
    given('group_name'),
    group('members', [code('member_type', MEMBER_TYPES), given('member_array')]),
  ),
  od_modify_password: directory(
    code('account_type', { user: 0, computer: 1 }),
    given('account_name'),
  ),
  od_disable_user: directory(given('user_name')),
  od_enable_user: directory(given('user_name')),
  od_attribute_value_add: directory(...ATTRIBUTE, given('attribute_value')),
  od_attribute_value_remove: directory(...ATTRIBUTE, given('attribute_value')),
  od_attribute_set: directory(
    ...ATTRIBUTE,
    count({ name: 'attribute_value_count', of: 'attribute_values' }),
    given('attribute_values'),
  ),
  od_create_user: directory(given('user_name')),
  od_create_group: directory(given('group_name')),
  od_delete_user: directory(given('user_name')),
  od_delete_group: directory(given('group_name')),
  xpc_connect: {
    fields: [
      given('service_name'),
      code(
        'service_domain_type',
        { system: 1, user: 2, user_login: 3, session: 4, pid: 5, gui: 8 },
        1,
      ),
    ],
  },
  gatekeeper_user_override: {
    reporter: 'syspolicyd',
    fields: [
      code('file_type', { path: 0, file: 1 }, 1),
      choice({
        name: 'file',
        by: 'file_type',
        choices: [
          { when: 0, key: 'file_path', fields: given('file_path') },
          { when: 1, key: 'file', fields: file('path') },
        ],
      }),
      plain('sha256', null),
      group('signing_info', [
        plain('cdhash', null),
        plain('signing_id', null),
        plain('team_id', null),
      ]),
    ],
  },
  tcc_modify: {
    reporter: 'tccd',
    fields: [
      given('service'),
      given('identity'),
      code('identity_type', {
        bundle_id: 0,
        executable_path: 1,
        policy_id: 2,
        file_provider_domain_id: 3,
      }),
      code('update_type', { unknown: 0, create: 1, modify: 2, delete: 3 }, 1),
      token(),
      actor(),
      { kind: 'token', name: 'responsible_token', of: 'responsible', since: 8 },
      nullableProcess('responsible'),
      code(
        'right',
        { denied: 0, unknown: 1, allowed: 2, limited: 3, add_modify_added: 4, session_pid: 5 },
        2,
      ),
      code('reason', TCC_REASONS, 2),
    ],
  },
}
