/* oxlint-disable max-lines -- a table: one line a field */
/**
 * The field table: everything the project knows about a field stands here and nowhere else.
 * Types (`generated/event.ts`), validation, store columns and `docs/reference/fields.md` come from
 * it; run `npm run generate` after a change.
 *
 * Names, types and meanings follow the Elastic Common Schema 9.4. What ECS lacks is under
 * `macos.*`.
 */

import { EVENT_CATEGORIES, EVENT_KINDS, EVENT_OUTCOMES, EVENT_TYPES } from './event-values.ts'

/**
 * `keyword` is exact text; `date` is RFC 3339 with nine digits; `long` is a whole number below
 * 2^53.
 */
export type FieldType = 'keyword' | 'long' | 'double' | 'boolean' | 'date' | 'ip'

/** ECS's own levels; `custom` marks the fields ECS lacks. */
export type FieldLevel = 'core' | 'extended' | 'custom'

/** One field of an event: a row of the table. */
export interface Field {
  readonly name: string
  readonly type: FieldType
  /** The field holds a list of values. */
  readonly array: boolean
  readonly level: FieldLevel
  readonly unit?: string
  /** The only values allowed, where ECS has a closed list. */
  readonly values?: readonly string[]
  /**
   * Where the value comes from: a path in the Endpoint Security record, or the part that adds it.
   */
  readonly source: string
  readonly description: string
}

type Row = readonly [
  name: string,
  type: FieldType | `${FieldType}[]`,
  source: string,
  description: string,
]

interface Defaults {
  readonly level?: FieldLevel
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  'event.kind': EVENT_KINDS,
  'event.category': EVENT_CATEGORIES,
  'event.type': EVENT_TYPES,
  'event.outcome': EVENT_OUTCOMES,
}

function fields(rows: readonly Row[], { level }: Defaults = {}): Field[] {
  return rows.map(([name, type, source, description]) => ({
    ...(VALUES[name] === undefined ? {} : { values: VALUES[name] }),
    name,
    type: type.replace('[]', '') as FieldType, // The row type leaves nothing else.
    array: type.endsWith('[]'),
    level: level ?? (name.startsWith('macos.') ? 'custom' : 'extended'),
    source,
    description,
  }))
}

function under(prefix: string, rows: readonly Row[], defaults?: Defaults): Field[] {
  return fields(
    rows.map(([name, type, source, description]) => [
      `${prefix}.${name}`,
      type,
      source,
      description,
    ]),
    defaults,
  )
}

const CODE_SIGNATURE: readonly Row[] = [
  ['exists', 'boolean', 'codesigning_flags & SIGNED', 'The image carries a signature.'],
  ['valid', 'boolean', 'codesigning_flags & VALID', 'The kernel holds the signature valid.'],
  [
    'trusted',
    'boolean',
    'derived',
    'Platform binary, or valid with a team and not ad-hoc. An approximation from kernel facts: ' +
      'the certificate chain was not evaluated.',
  ],
  ['status', 'keyword', 'derived', 'trusted, adhoc, invalid, untrusted or unsigned.'],
  ['signing_id', 'keyword', 'signing_id', 'Identifier in the code signature.'],
  ['team_id', 'keyword', 'team_id', 'Apple developer team of the signer.'],
  ['subject_name', 'keyword', 'file analysis', 'Subject of the leaf certificate.'],
  ['flags', 'keyword[]', 'codesigning_flags', 'Names of the code-signing flags that are set.'],
]

const HASH: readonly Row[] = [
  ['cdhash', 'keyword', 'cdhash', 'Code directory hash, lower-case hex.'],
  ['md5', 'keyword', 'file analysis', 'MD5 of the content.'],
  ['sha1', 'keyword', 'file analysis', 'SHA-1 of the content.'],
  ['sha256', 'keyword', 'file facts', 'SHA-256 of the content.'],
]

function image(prefix: string): Field[] {
  return [...under(`${prefix}.code_signature`, CODE_SIGNATURE), ...under(`${prefix}.hash`, HASH)]
}

const PROCESS: readonly Row[] = [
  [
    'entity_id',
    'keyword',
    'derived',
    'Id of this process image: hash of tenant, host, boot, pid and pid version.',
  ],
  ['pid', 'long', 'audit_token.pid', 'Process id.'],
  ['name', 'keyword', 'executable.path', 'Last part of the executable path.'],
  ['executable', 'keyword', 'executable.path', 'Absolute path of the executable.'],
  [
    'args',
    'keyword[]',
    'event.exec.args',
    'Arguments, the program name first; remembered from exec.',
  ],
  ['args_count', 'long', 'event.exec.args', 'Number of arguments.'],
  [
    'command_line',
    'keyword',
    'event.exec.args',
    'Arguments joined by blanks, quoted where needed.',
  ],
  [
    'working_directory',
    'keyword',
    'event.exec.cwd.path',
    'Working directory at exec or after chdir.',
  ],
  ['start', 'date', 'start_time', 'When the process was started.'],
]

const PROCESS_REFERENCE: readonly Row[] = [
  ...PROCESS,
  ['user.id', 'keyword', 'audit_token.euid', 'Effective user id.'],
  ['user.name', 'keyword', 'user directory', 'Name of the effective user, where known.'],
]

const PROCESS_FIELDS: readonly Field[] = [
  ...under('process', PROCESS, { level: 'core' }),
  ...image('process'),
  ...fields([
    ['process.env_vars', 'keyword[]', 'event.exec.env', 'Environment as NAME=value; only on exec.'],
    ['process.interactive', 'boolean', 'tty', 'The process has a controlling terminal.'],
    ['process.exit_code', 'long', 'event.exit.stat', 'Exit status, when it ended by itself.'],
    ['process.end', 'date', 'time', 'When the process ended.'],
    ['process.thread.id', 'long', 'thread.thread_id', 'Thread that acted.'],
    ['process.user.id', 'keyword', 'audit_token.euid', 'Effective user id.'],
    ['process.user.name', 'keyword', 'user directory', 'Name of the effective user, where known.'],
    ['process.real_user.id', 'keyword', 'audit_token.ruid', 'Real user id.'],
    ['process.group.id', 'keyword', 'audit_token.egid', 'Effective group id.'],
    ['process.real_group.id', 'keyword', 'audit_token.rgid', 'Real group id.'],
    ['process.group_leader.pid', 'long', 'group_id', 'Process group id.'],
    ['process.session_leader.pid', 'long', 'session_id', 'Session id.'],
    ['process.previous.executable', 'keyword', 'process (exec)', 'Image that exec replaced.'],
    [
      'process.previous.args',
      'keyword[]',
      'process table',
      'Arguments of the image that exec replaced.',
    ],
    ['process.previous.args_count', 'long', 'process table', 'Number of those arguments.'],
  ]),
  ...under('process.parent', PROCESS_REFERENCE),
  ...image('process.parent'),
]

const FILE_FIELDS: readonly Field[] = [
  ...fields([
    ['file.path', 'keyword', 'the file acted on', 'Absolute path; of a rename, where it went.'],
    ['file.name', 'keyword', 'file.path', 'Last part of the path.'],
    ['file.directory', 'keyword', 'file.path', 'Path without the last part.'],
    ['file.extension', 'keyword', 'file.path', 'Extension without the dot.'],
    [
      'file.target_path',
      'keyword',
      'link, clone, copyfile',
      'Path of the original that was linked or copied.',
    ],
    ['file.type', 'keyword', 'stat.st_mode', 'file, dir, symlink, fifo, socket, block or char.'],
    ['file.inode', 'keyword', 'stat.st_ino', 'Inode, as text: values exceed 2^53.'],
    ['file.device', 'keyword', 'stat.st_dev', 'Device number.'],
    ['file.size', 'long', 'stat.st_size', 'Size in bytes.'],
    ['file.mode', 'keyword', 'stat.st_mode', 'Permission bits in octal, four digits.'],
    ['file.uid', 'keyword', 'stat.st_uid', 'Owner user id.'],
    ['file.gid', 'keyword', 'stat.st_gid', 'Owner group id.'],
    ['file.owner', 'keyword', 'user directory', 'Name of the owner, where known.'],
    ['file.created', 'date', 'stat.st_birthtimespec', 'When the file was created.'],
    ['file.mtime', 'date', 'stat.st_mtimespec', 'When the content changed last.'],
    ['file.ctime', 'date', 'stat.st_ctimespec', 'When the metadata changed last.'],
    ['file.accessed', 'date', 'stat.st_atimespec', 'When the file was read last.'],
    ['file.attributes', 'keyword[]', 'extattr', 'Extended attributes the event names.'],
    ['file.mime_type', 'keyword', 'file analysis', 'Media type.'],
    ['file.origin_url', 'keyword', 'kMDItemWhereFroms', 'URL the file was downloaded from.'],
    [
      'file.origin_referrer_url',
      'keyword',
      'kMDItemWhereFroms',
      'Page the download was started on.',
    ],
  ]),
  ...image('file'),
]

const MACOS_PROCESS: readonly Row[] = [
  [
    'pidversion',
    'long',
    'audit_token.pidversion',
    'Rises with every exec; with the pid it names one image.',
  ],
  ['platform_binary', 'boolean', 'is_platform_binary', 'Part of macOS.'],
]

const MACOS_OTHER_PROCESS: readonly Row[] = [
  ['entity_id', 'keyword', 'derived', 'Id of the process image.'],
  ['pid', 'long', 'audit_token.pid', 'Process id.'],
  ...MACOS_PROCESS,
  ['name', 'keyword', 'executable.path', 'Last part of the executable path.'],
  ['executable', 'keyword', 'executable.path', 'Absolute path of the executable.'],
  ['args', 'keyword[]', 'process table', 'Arguments, remembered from exec.'],
  ['command_line', 'keyword', 'process table', 'Arguments joined by blanks.'],
  ['user.id', 'keyword', 'audit_token.euid', 'Effective user id.'],
  ['code_signature.exists', 'boolean', 'codesigning_flags', 'The image carries a signature.'],
  ['code_signature.trusted', 'boolean', 'derived', 'As process.code_signature.trusted.'],
  ['code_signature.signing_id', 'keyword', 'signing_id', 'Identifier in the code signature.'],
  ['code_signature.team_id', 'keyword', 'team_id', 'Apple developer team of the signer.'],
  ['hash.cdhash', 'keyword', 'cdhash', 'Code directory hash, lower-case hex.'],
]

const MACOS_FIELDS: readonly Field[] = [
  ...under('macos.process', MACOS_PROCESS),
  ...under('macos.parent', MACOS_PROCESS),
  ...under('macos.responsible', MACOS_OTHER_PROCESS),
  ...under('macos.reporter', MACOS_OTHER_PROCESS),
  ...under('macos.target.process', MACOS_OTHER_PROCESS),
  ...fields([
    ['macos.es.version', 'long', 'version', 'Message version of the Endpoint Security record.'],
    ['macos.es.sequence', 'long', 'seq_num', 'Sequence number within the event type.'],
    ['macos.es.global_sequence', 'long', 'global_seq_num', 'Sequence number over all event types.'],
    ['macos.es.mach_time', 'keyword', 'mach_time', 'Mach absolute time, as text.'],
    ['macos.process.original_parent_pid', 'long', 'original_ppid', 'Pid of the parent at start.'],
    ['macos.process.previous_entity_id', 'keyword', 'process (exec)', 'Image that exec replaced.'],
    [
      'macos.process.is_es_client',
      'boolean',
      'is_es_client',
      'The process is an Endpoint Security client.',
    ],
    [
      'macos.process.codesigning_flags',
      'long',
      'codesigning_flags',
      'Code-signing flags as one number.',
    ],
    [
      'macos.process.cs_validation_category',
      'long',
      'cs_validation_category',
      'Validation category, message version 10 and later.',
    ],
    ['macos.process.tty', 'keyword', 'tty.path', 'Path of the controlling terminal.'],
    ['macos.process.audit_user_id', 'keyword', 'audit_token.auid', 'Audit (login) user id.'],
    ['macos.process.audit_session_id', 'keyword', 'audit_token.asid', 'Audit session id.'],
    [
      'macos.process.script',
      'keyword',
      'event.exec.script.path',
      'Script that the interpreter was started for.',
    ],
    [
      'macos.process.dyld_exec_path',
      'keyword',
      'event.exec.dyld_exec_path',
      'Path dyld was given.',
    ],
    ['macos.process.cpu_type', 'long', 'event.exec.image_cputype', 'Mach-O CPU type of the image.'],
    [
      'macos.process.entitlements',
      'keyword[]',
      'event.exec.entitlements',
      'Names of the entitlements, message version 11 and later.',
    ],
    [
      'macos.process.header_bytes',
      'keyword',
      'file facts',
      'First 16 bytes of the program; only on exec.',
    ],
    [
      'macos.process.quarantine',
      'keyword',
      'file facts',
      'Its com.apple.quarantine; only on exec.',
    ],
    ['macos.process.origin_url', 'keyword', 'file facts', 'Where it came from; only on exec.'],
    ['macos.process.signal', 'long', 'event.exit.stat', 'Signal that ended the process.'],
    ['macos.file.original_path', 'keyword', 'event.rename.source.path', 'Path before a rename.'],
    ['macos.file.original_name', 'keyword', 'event.rename.source.path', 'Name before a rename.'],
    [
      'macos.file.original_extension',
      'keyword',
      'event.rename.source.path',
      'Extension before it.',
    ],
    ['macos.file.requested_mode', 'keyword', 'event.setmode.mode', 'Mode being set, in octal.'],
    ['macos.file.requested_flags', 'long', 'event.setflags.flags', 'BSD flags being set.'],
    ['macos.file.requested_user_id', 'keyword', 'event.setowner.uid', 'Owner being set.'],
    ['macos.file.requested_group_id', 'keyword', 'event.setowner.gid', 'Group being set.'],
    ['macos.file.flags', 'long', 'stat.st_flags', 'BSD file flags.'],
    ['macos.file.path_truncated', 'boolean', 'path_truncated', 'The kernel cut the path.'],
    ['macos.file.modified', 'boolean', 'event.close.modified', 'The file was changed while open.'],
    ['macos.file.open_flags', 'long', 'event.open.fflag', 'Kernel open flags: 1 read, 2 write.'],
    ['macos.file.header_bytes', 'keyword', 'file facts', 'First 16 bytes, lower-case hex.'],
    ['macos.file.quarantine', 'keyword', 'file facts', 'Value of com.apple.quarantine.'],
    ['macos.xattr.name', 'keyword', 'extattr', 'Extended attribute that was read, set or deleted.'],
    [
      'macos.memory.protection',
      'long',
      'protection',
      'Memory protection: 1 read, 2 write, 4 execute.',
    ],
    ['macos.memory.max_protection', 'long', 'max_protection', 'Highest protection allowed.'],
    ['macos.memory.address', 'keyword', 'address', 'Address, as text.'],
    ['macos.memory.size', 'keyword', 'size', 'Length in bytes, as text.'],
    ['macos.signal.number', 'long', 'event.signal.sig', 'Signal sent.'],
    ['macos.task.access', 'keyword', 'type', 'How another task was accessed.'],
    ['macos.iokit.user_client_class', 'keyword', 'event.iokit_open', 'IOKit user client class.'],
    ['macos.iokit.user_client_type', 'long', 'event.iokit_open', 'IOKit user client type.'],
    ['macos.kext.identifier', 'keyword', 'identifier', 'Bundle id of the kernel extension.'],
    ['macos.mount.path', 'keyword', 'statfs.f_mntonname', 'Where the volume is mounted.'],
    ['macos.mount.source', 'keyword', 'statfs.f_mntfromname', 'What is mounted.'],
    ['macos.mount.file_system', 'keyword', 'statfs.f_fstypename', 'File system type.'],
    ['macos.mount.flags', 'long', 'statfs.f_flags', 'Mount flags.'],
    [
      'macos.mount.disposition',
      'keyword',
      'disposition',
      'external, internal, network, virtual or nullfs.',
    ],
    [
      'macos.persistence.type',
      'keyword',
      'item.item_type',
      'user_item, app, login_item, agent or daemon.',
    ],
    ['macos.persistence.name', 'keyword', 'item.item_url', 'Last part of the item.'],
    ['macos.persistence.path', 'keyword', 'item.item_url', 'Path of the property list or app.'],
    ['macos.persistence.executable', 'keyword', 'executable_path', 'What will run.'],
    ['macos.persistence.args', 'keyword[]', 'agent', 'Program arguments of the job.'],
    ['macos.persistence.run_at_load', 'boolean', 'agent', 'The job runs when loaded.'],
    ['macos.persistence.keep_alive', 'boolean', 'agent', 'The job is restarted when it ends.'],
    ['macos.persistence.legacy', 'boolean', 'item.legacy', 'A property list in a launch folder.'],
    ['macos.persistence.managed', 'boolean', 'item.managed', 'Installed by a profile.'],
    ['macos.persistence.user_id', 'keyword', 'item.uid', 'User the item belongs to.'],
    ['macos.persistence.app_path', 'keyword', 'item.app_url', 'App the item belongs to.'],
    [
      'macos.tcc.service',
      'keyword',
      'event.tcc_modify.service',
      'Privacy service, without the kTCCService prefix.',
    ],
    [
      'macos.tcc.identity',
      'keyword',
      'event.tcc_modify.identity',
      'Client that was granted or refused.',
    ],
    [
      'macos.tcc.identity_type',
      'keyword',
      'identity_type',
      'bundle_id, executable_path, policy_id or file_provider_domain_id.',
    ],
    ['macos.tcc.update_type', 'keyword', 'update_type', 'create, modify or delete.'],
    ['macos.tcc.right', 'keyword', 'right', 'denied, allowed, limited …'],
    ['macos.tcc.reason', 'keyword', 'reason', 'user_consent, user_set, mdm_policy …'],
    [
      'macos.authentication.method',
      'keyword',
      'type',
      'od, touchid, token, auto_unlock; or how a session was opened.',
    ],
    ['macos.authentication.result', 'keyword', 'result_type', 'Result of an SSH login by name.'],
    [
      'macos.authentication.record',
      'keyword',
      'data.od.record_name',
      'Directory record that authenticated.',
    ],
    ['macos.authentication.failure', 'keyword', 'failure_message', 'Why it failed.'],
    [
      'macos.authentication.touchid_mode',
      'keyword',
      'touchid_mode',
      'verification, identification.',
    ],
    ['macos.authentication.auto_unlock', 'keyword', 'type', 'machine_unlock or auth_prompt.'],
    ['macos.authentication.token_id', 'keyword', 'token_id', 'Token, such as a smart card.'],
    ['macos.authentication.public_key_hash', 'keyword', 'pubkey_hash', 'Key on that token.'],
    ['macos.authentication.kerberos_principal', 'keyword', 'kerberos_principal', 'Principal.'],
    ['macos.session.graphical_id', 'long', 'graphical_session_id', 'Graphical session.'],
    ['macos.screensharing.viewer', 'keyword', 'viewer_appleid', 'Apple account of the viewer.'],
    [
      'macos.screensharing.existing_session',
      'boolean',
      'existing_session',
      'Joined a session that was open.',
    ],
    ['macos.authorization.rights', 'keyword[]', 'rights', 'Authorization rights asked or judged.'],
    ['macos.authorization.granted', 'keyword[]', 'results', 'Rights that were granted.'],
    ['macos.authorization.return_code', 'long', 'return_code', 'Result of authd.'],
    ['macos.authorization.petitioner.pid', 'long', 'petitioner', 'Process the right is for.'],
    [
      'macos.authorization.petitioner.entity_id',
      'keyword',
      'petitioner',
      'Process the right is for.',
    ],
    [
      'macos.authorization.petitioner.executable',
      'keyword',
      'petitioner',
      'Process the right is for.',
    ],
    ['macos.sudo.command', 'keyword', 'event.sudo.command', 'Command that sudo was asked to run.'],
    ['macos.sudo.rejected_by', 'keyword', 'reject_info.plugin_name', 'sudo plugin that refused.'],
    ['macos.su.shell', 'keyword', 'event.su.shell', 'Shell that su starts.'],
    ['macos.su.args', 'keyword[]', 'event.su.argv', 'Arguments of the shell su starts.'],
    ['macos.directory.node', 'keyword', 'node_name', 'Open Directory node.'],
    ['macos.directory.database', 'keyword', 'db_path', 'Path of the node’s database.'],
    ['macos.directory.error_code', 'long', 'error_code', 'Result; 0 is success.'],
    ['macos.directory.record_type', 'keyword', 'record_type', 'user or group.'],
    ['macos.directory.record_name', 'keyword', 'record_name', 'Record that changed.'],
    ['macos.directory.attribute', 'keyword', 'attribute_name', 'Attribute that changed.'],
    ['macos.directory.values', 'keyword[]', 'attribute_value(s)', 'Values set, added or removed.'],
    ['macos.directory.members', 'keyword[]', 'member(s)', 'Members added, removed or set.'],
    ['macos.profile.identifier', 'keyword', 'profile.identifier', 'Configuration profile.'],
    ['macos.profile.uuid', 'keyword', 'profile.uuid', 'UUID of the profile.'],
    ['macos.profile.name', 'keyword', 'profile.display_name', 'Display name.'],
    ['macos.profile.organization', 'keyword', 'profile.organization', 'Organisation named in it.'],
    ['macos.profile.install_source', 'keyword', 'profile.install_source', 'managed or user.'],
    ['macos.profile.scope', 'keyword', 'profile.scope', 'System or user.'],
    ['macos.profile.update', 'boolean', 'is_update', 'Replaced an installed profile.'],
    ['macos.xprotect.malware', 'keyword', 'malware_identifier', 'Name XProtect gives the malware.'],
    [
      'macos.xprotect.signature_version',
      'keyword',
      'signature_version',
      'Version of the signatures.',
    ],
    [
      'macos.xprotect.incident',
      'keyword',
      'incident_identifier',
      'Ties detection and remediation.',
    ],
    ['macos.xprotect.action', 'keyword', 'action_type', 'What the remediation did.'],
    ['macos.xprotect.result', 'keyword', 'result_description', 'How the remediation ended.'],
    [
      'macos.gatekeeper.identity_type',
      'keyword',
      'file_type',
      'How the file was named: path or file.',
    ],
    [
      'macos.gatekeeper.scan_result',
      'long',
      'unified log',
      'Result of Gatekeeper’s look at a file; what its numbers mean is not documented.',
    ],
    ['macos.gatekeeper.path_hash', 'keyword', 'unified log', 'Hash macOS writes for its path.'],
    ['macos.gatekeeper.bundle_id', 'keyword', 'unified log', 'Bundle the file belongs to.'],
    ['macos.dns.name_hash', 'keyword', 'unified log', 'Hash macOS writes for the name asked.'],
    ['macos.log.subsystem', 'keyword', 'subsystem', 'Subsystem of a log message.'],
    ['macos.log.category', 'keyword', 'category', 'Category of a log message.'],
    ['macos.log.level', 'keyword', 'messageType', 'Default, Info, Debug, Error or Fault.'],
    ['macos.xpc.service', 'keyword', 'service_name', 'XPC service.'],
    ['macos.xpc.domain', 'keyword', 'service_domain_type', 'Where the service lives.'],
    ['macos.socket.path', 'keyword', 'uipc_*', 'Path of the UNIX socket.'],
    ['macos.network.interface', 'keyword', 'network sensor', 'Interface, such as en0 or lo0.'],
    [
      'macos.network.attribution',
      'keyword',
      'network sensor',
      'How the process was found: table (its pid is that of a process known then, and the names ' +
        'agree), snapshot (of a process list, no pid version), packet (only what the kernel wrote ' +
        'beside the packet). The kernel states no pid version with packets.',
    ],
    ['macos.network.image_uuid', 'keyword', 'network sensor', 'LC_UUID of the process’s image.'],
    ['macos.network.end', 'keyword', 'network sensor', 'How it ended: closed, reset or refused.'],
    ['macos.tls.ja4', 'keyword', 'network sensor', 'JA4 fingerprint of the TLS client.'],
    ['macos.tls.protocols', 'keyword[]', 'network sensor', 'Protocols it offered (ALPN).'],
    ['macos.tls.version', 'keyword', 'network sensor', 'Highest TLS version it offered.'],
    ['macos.setid.user_id', 'keyword', 'set*uid', 'User id that was set.'],
    ['macos.setid.group_id', 'keyword', 'set*gid', 'Group id that was set.'],
    ['macos.setid.real_user_id', 'keyword', 'setreuid.ruid', 'Real user id that was set.'],
    ['macos.setid.real_group_id', 'keyword', 'setregid.rgid', 'Real group id that was set.'],
    ['macos.pty.device', 'keyword', 'pty_*.dev', 'Device number of the pseudo-terminal.'],
  ]),
]

const BASE_FIELDS: readonly Field[] = [
  ...fields(
    [
      ['@timestamp', 'date', 'time', 'When it happened.'],
      ['message', 'keyword', 'eventMessage', 'Text of a log message.'],
      ['ecs.version', 'keyword', 'normalize', 'ECS version the event follows.'],
      [
        'event.id',
        'keyword',
        'derived',
        'Stream hash and sequence: the same record always has the same id.',
      ],
      ['event.kind', 'keyword', 'event table', 'event or alert.'],
      ['event.category', 'keyword[]', 'event table', 'ECS categories.'],
      ['event.type', 'keyword[]', 'event table', 'ECS types.'],
      ['event.action', 'keyword', 'event', 'Apple’s name of the event in lower case.'],
      ['event.outcome', 'keyword', 'event table', 'success, failure or unknown, where it applies.'],
      ['event.code', 'keyword', 'event_type', 'Number of the event type.'],
      ['event.duration', 'long', 'network sensor', 'Nanoseconds from its start to its end.'],
      ['event.module', 'keyword', 'sensor', 'endpoint_security, packet_capture or unified_log.'],
      ['event.dataset', 'keyword', 'sensor', 'Sensor, such as eslogger.'],
      ['event.provider', 'keyword', 'sensor', 'Program that reported it.'],
      ['event.sequence', 'long', 'sensor', 'Position in the sensor’s stream.'],
      ['event.created', 'date', 'sensor', 'When the sensor read it.'],
      ['event.ingested', 'date', 'server', 'When the server took it.'],
      ['event.reason', 'keyword', 'event table', 'Why, where the record says so.'],
      ['event.original', 'keyword', 'sensor', 'The record as read. Not searched by rules.'],
    ],
    { level: 'core' },
  ),
  ...fields([
    ['agent.id', 'keyword', 'agent', 'Agent that shipped it.'],
    ['agent.version', 'keyword', 'agent', 'Its version.'],
    ['agent.type', 'keyword', 'agent', 'pomona.'],
    ['host.id', 'keyword', 'agent', 'Hardware UUID of the Mac.'],
    ['host.name', 'keyword', 'agent', 'Name of the Mac.'],
    ['host.hostname', 'keyword', 'agent', 'Network name.'],
    ['host.architecture', 'keyword', 'agent', 'arm64 or x86_64.'],
    ['host.boot.id', 'keyword', 'agent', 'Boot session.'],
    ['host.os.type', 'keyword', 'normalize', 'macos.'],
    ['host.os.family', 'keyword', 'normalize', 'darwin.'],
    ['host.os.name', 'keyword', 'agent', 'macOS.'],
    ['host.os.version', 'keyword', 'agent', 'Version of macOS.'],
    ['user.id', 'keyword', 'audit_token.euid or the record', 'User who acted, or who signed in.'],
    ['user.name', 'keyword', 'the record', 'Name of that user.'],
    ['user.effective.id', 'keyword', 'audit_token.euid', 'Effective user id of the actor.'],
    ['user.target.id', 'keyword', 'the record', 'User acted on.'],
    ['user.target.name', 'keyword', 'the record', 'Name of the user acted on.'],
    ['group.id', 'keyword', 'audit_token.egid', 'Group of the actor.'],
    ['group.name', 'keyword', 'group_name', 'Directory group acted on.'],
    ['related.user', 'keyword[]', 'derived', 'All user names in the event.'],
    ['related.ip', 'ip[]', 'derived', 'All addresses in the event.'],
    ['related.hosts', 'keyword[]', 'derived', 'All names of other machines in the event.'],
    ['related.hash', 'keyword[]', 'derived', 'All hashes in the event.'],
    ['source.ip', 'ip', 'source_address', 'Address of who began: the client.'],
    ['source.address', 'keyword', 'source_address', 'The same, as written.'],
    ['source.port', 'long', 'network sensor', 'Port of the source.'],
    ['source.bytes', 'long', 'network sensor', 'Bytes the source sent.'],
    ['destination.ip', 'ip', 'network sensor', 'Address of the destination.'],
    ['destination.address', 'keyword', 'network sensor', 'The same, as written.'],
    ['destination.port', 'long', 'network sensor', 'Port of the destination.'],
    ['destination.domain', 'keyword', 'network sensor', 'Name of the destination.'],
    ['destination.bytes', 'long', 'network sensor', 'Bytes the destination sent.'],
    ['network.direction', 'keyword', 'network sensor', 'ingress or egress, seen from the Mac.'],
    ['network.transport', 'keyword', 'network sensor', 'tcp or udp.'],
    ['network.type', 'keyword', 'network sensor', 'ipv4 or ipv6.'],
    ['network.protocol', 'keyword', 'network sensor', 'Application protocol: dns, tls or quic.'],
    ['network.bytes', 'long', 'network sensor', 'Bytes in both directions.'],
    [
      'network.community_id',
      'keyword',
      'network sensor',
      'Hash of both ends, as other tools write it.',
    ],
    ['network.vlan.id', 'keyword', 'network sensor', 'Outermost VLAN, where frames are tagged.'],
    ['dns.id', 'keyword', 'network sensor', 'Number that pairs question and answer.'],
    ['dns.type', 'keyword', 'network sensor', 'query or answer.'],
    ['dns.question.name', 'keyword', 'network sensor', 'Name that was asked.'],
    ['dns.question.type', 'keyword', 'network sensor', 'Record type that was asked.'],
    ['dns.question.class', 'keyword', 'network sensor', 'Class that was asked, nearly always IN.'],
    ['dns.answers.type', 'keyword[]', 'network sensor', 'Types of the records in the answer.'],
    [
      'dns.answers.data',
      'keyword[]',
      'network sensor',
      'Their values: addresses, names and texts.',
    ],
    ['dns.resolved_ip', 'ip[]', 'network sensor', 'Addresses in the answer.'],
    ['dns.response_code', 'keyword', 'network sensor', 'Result of the question.'],
    ['tls.client.server_name', 'keyword', 'network sensor', 'Server name in the TLS hello.'],
    ['url.full', 'keyword', 'the record', 'URL in the event.'],
    ['dll.path', 'keyword', 'event.mmap.source', 'Library that was mapped.'],
    ['dll.name', 'keyword', 'event.mmap.source', 'Last part of its path.'],
    ['rule.name', 'keyword', 'the record', 'Name of the mechanism’s rule, as XProtect’s.'],
  ]),
  ...image('dll'),
]

/** All fields, in the order of the reference page. */
export const FIELDS: readonly Field[] = [
  ...BASE_FIELDS,
  ...PROCESS_FIELDS,
  ...FILE_FIELDS,
  ...MACOS_FIELDS,
]

/** The table by name. */
export const FIELD_BY_NAME: ReadonlyMap<string, Field> = new Map(
  FIELDS.map((field) => [field.name, field]),
)
