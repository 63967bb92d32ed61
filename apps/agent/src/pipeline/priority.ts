import type { EcsEvent, PriorityClass } from '@pomona/schema'

/*
 * What is given up last. Without these nobody can say what ran on a Mac, who was signed in, what
 * was made to come back, and who turned off what.
 */
const CRITICAL: ReadonlySet<string> = new Set([
  ...['exec', 'fork', 'exit', 'signal', 'cs_invalidated'],
  ...['kextload', 'kextunload', 'trace', 'remote_thread_create', 'get_task', 'proc_suspend_resume'],
  ...['setuid', 'setgid', 'seteuid', 'setegid', 'setreuid', 'setregid', 'settime'],
  ...['authentication', 'authorization_petition', 'authorization_judgement', 'su', 'sudo'],
  ...['openssh_login', 'openssh_logout', 'login_login', 'login_logout'],
  ...['lw_session_login', 'lw_session_logout', 'lw_session_lock', 'lw_session_unlock'],
  ...['screensharing_attach', 'screensharing_detach'],
  ...['od_create_user', 'od_create_group', 'od_delete_user', 'od_delete_group'],
  ...['od_group_add', 'od_group_remove', 'od_group_set', 'od_modify_password'],
  ...['od_disable_user', 'od_enable_user', 'od_attribute_set'],
  ...['od_attribute_value_add', 'od_attribute_value_remove'],
  ...['btm_launch_item_add', 'btm_launch_item_remove', 'profile_add', 'profile_remove'],
  ...['xp_malware_detected', 'xp_malware_remediated', 'gatekeeper_user_override', 'tcc_modify'],
])

/** What a Mac does all day long. */
const BULK: ReadonlySet<string> = new Set([
  ...['open', 'close', 'create', 'write', 'truncate', 'rename', 'unlink', 'link', 'clone'],
  ...['copyfile', 'exchangedata', 'mmap', 'mprotect', 'dup', 'fcntl', 'lookup', 'readlink'],
  ...['access', 'stat', 'chdir', 'readdir', 'fsgetpath', 'searchfs', 'utimes'],
  ...['setextattr', 'getextattr', 'deleteextattr', 'listextattr', 'setmode', 'setflags'],
  ...['setowner', 'setacl', 'setattrlist', 'getattrlist', 'pty_grant', 'pty_close'],
  ...['file_provider_materialize', 'file_provider_update', 'uipc_bind', 'uipc_connect'],
  ...['proc_check', 'get_task_name', 'xpc_connect', 'iokit_open'],
])

/** Parts of paths where what is written starts by itself, lets somebody in, or lowers a guard. */
const TELLING_PATHS: readonly string[] = [
  ...['/LaunchAgents/', '/LaunchDaemons/', '/StartupItems/', '/LoginHook', '/periodic/'],
  ...['/etc/pam.d/', '/etc/sudoers', '/etc/ssh/', '/.ssh/', '/etc/zshenv', '/etc/hosts'],
  ...['/.zshrc', '/.zshenv', '/.zprofile', '/.bash_profile', '/.bashrc', '/.profile'],
  ...['/cron/tabs/', '/at/jobs/', '/com.apple.TCC/', '/Library/Security/', '/dslocal/nodes/'],
  ...['/Extensions/', '/ScriptingAdditions/', '/QuickLook/', '/Spotlight/'],
]

/** When an event is given up: bulk first, critical last. */
export function priorityOf(event: EcsEvent): PriorityClass {
  const action = event.event?.action ?? ''
  if (CRITICAL.has(action) || event.event?.kind === 'alert') return 'critical'
  if (!isBulkType(action)) return 'normal'
  const path = event.file?.path
  return path !== undefined && isTelling(path) ? 'critical' : 'bulk'
}

/** Whether events of this type are ordinary, wherever they happen. */
export function isBulkType(action: string): boolean {
  return BULK.has(action)
}

/** Whether a path, or a text with one in it, is at a place where a change matters. */
export function isTelling(text: string): boolean {
  for (const part of TELLING_PATHS) if (text.includes(part)) return true
  return false
}
