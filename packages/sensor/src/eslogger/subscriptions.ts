/** One eslogger process: its name and the event types it asks for. */
export interface Subscription {
  readonly name: string
  readonly events: readonly string[]
}

/**
 * Who ran, who signed in, what was changed about the system: rare and never to be missed. It has a
 * process of its own, so that no storm of file events costs one of these.
 */
const CRITICAL: readonly string[] = [
  ...['exec', 'fork', 'exit', 'signal', 'kextload', 'kextunload', 'mount', 'unmount', 'remount'],
  ...['cs_invalidated', 'trace', 'remote_thread_create', 'get_task', 'proc_suspend_resume'],
  ...['setuid', 'setgid', 'seteuid', 'setegid', 'setreuid', 'setregid'],
  ...['settime', 'chroot', 'pty_grant'],
  ...['authentication', 'xp_malware_detected', 'xp_malware_remediated'],
  ...['lw_session_login', 'lw_session_logout', 'lw_session_lock', 'lw_session_unlock'],
  ...['screensharing_attach', 'screensharing_detach', 'openssh_login', 'openssh_logout'],
  ...['login_login', 'login_logout', 'btm_launch_item_add', 'btm_launch_item_remove'],
  ...['profile_add', 'profile_remove', 'su', 'sudo'],
  ...['authorization_petition', 'authorization_judgement'],
  ...['od_group_add', 'od_group_remove', 'od_group_set', 'od_modify_password'],
  ...['od_disable_user', 'od_enable_user', 'od_create_user', 'od_create_group'],
  ...['od_delete_user', 'od_delete_group', 'od_attribute_set'],
  ...['od_attribute_value_add', 'od_attribute_value_remove'],
  ...['gatekeeper_user_override', 'tcc_modify'],
]

/** What was written, moved and marked: frequent. Reading is left out, see the package's README. */
const FILES: readonly string[] = [
  ...['create', 'rename', 'unlink', 'close', 'link', 'clone', 'copyfile', 'truncate'],
  ...['setextattr', 'deleteextattr', 'setmode', 'setflags', 'setowner', 'exchangedata'],
]

/** The two processes of the agent. */
export const SUBSCRIPTIONS: readonly Subscription[] = [
  { name: 'eslogger.critical', events: CRITICAL },
  { name: 'eslogger.files', events: FILES },
]

const LIST_NAMES_MAX = 1_000

/**
 * Reads what `eslogger --list-events` prints: a name a line.
 *
 * @returns The names, none when it printed something else.
 */
export function readEventList(text: string): ReadonlySet<string> {
  const names = text
    .split('\n', LIST_NAMES_MAX)
    .map((line) => line.trim())
    .filter((line) => /^[a-z][a-z0-9_]{1,63}$/.test(line))
  return new Set(names)
}
