/** One event type that eslogger can report. */
export interface EventType {
  /** Apple's name in lower case, the key under `event`. */
  readonly name: string
  /** The number in `event_type`. */
  readonly id: number
  /** First macOS release that reports it. */
  readonly since: string
  /** Lowest message version in which eslogger writes it; eslogger itself came with macOS 13 (6). */
  readonly versionMin: number
}

type Row = readonly [id: number, name: string]

// Endpoint Security's NOTIFY events in the order of Apple's header, grouped by the release that
// added them. AUTH events are absent: eslogger never subscribes to them.
const GROUPS: readonly (readonly [since: string, versionMin: number, rows: readonly Row[]])[] = [
  [
    '10.15.0',
    6,
    [
      [9, 'exec'],
      [10, 'open'],
      [11, 'fork'],
      [12, 'close'],
      [13, 'create'],
      [14, 'exchangedata'],
      [15, 'exit'],
      [16, 'get_task'],
      [17, 'kextload'],
      [18, 'kextunload'],
      [19, 'link'],
      [20, 'mmap'],
      [21, 'mprotect'],
      [22, 'mount'],
      [23, 'unmount'],
      [24, 'iokit_open'],
      [25, 'rename'],
      [26, 'setattrlist'],
      [27, 'setextattr'],
      [28, 'setflags'],
      [29, 'setmode'],
      [30, 'setowner'],
      [31, 'signal'],
      [32, 'unlink'],
      [33, 'write'],
      [35, 'file_provider_materialize'],
      [37, 'file_provider_update'],
      [39, 'readlink'],
      [41, 'truncate'],
      [43, 'lookup'],
    ],
  ],
  [
    '10.15.1',
    6,
    [
      [51, 'chdir'],
      [53, 'getattrlist'],
      [54, 'stat'],
      [55, 'access'],
      [57, 'chroot'],
      [59, 'utimes'],
      [61, 'clone'],
      [62, 'fcntl'],
      [64, 'getextattr'],
      [66, 'listextattr'],
      [68, 'readdir'],
      [70, 'deleteextattr'],
      [72, 'fsgetpath'],
      [73, 'dup'],
      [75, 'settime'],
      [76, 'uipc_bind'],
      [78, 'uipc_connect'],
      [82, 'setacl'],
    ],
  ],
  [
    '10.15.4',
    6,
    [
      [83, 'pty_grant'],
      [84, 'pty_close'],
      [86, 'proc_check'],
    ],
  ],
  [
    '11.0',
    6,
    [
      [89, 'searchfs'],
      [93, 'proc_suspend_resume'],
      [94, 'cs_invalidated'],
      [95, 'get_task_name'],
      [96, 'trace'],
      [97, 'remote_thread_create'],
      [99, 'remount'],
    ],
  ],
  [
    '11.3',
    6,
    [
      [101, 'get_task_read'],
      [102, 'get_task_inspect'],
    ],
  ],
  [
    '12.0',
    6,
    [
      [103, 'setuid'],
      [104, 'setgid'],
      [105, 'seteuid'],
      [106, 'setegid'],
      [107, 'setreuid'],
      [108, 'setregid'],
      [110, 'copyfile'],
    ],
  ],
  [
    '13.0',
    6,
    [
      [111, 'authentication'],
      [112, 'xp_malware_detected'],
      [113, 'xp_malware_remediated'],
      [114, 'lw_session_login'],
      [115, 'lw_session_logout'],
      [116, 'lw_session_lock'],
      [117, 'lw_session_unlock'],
      [118, 'screensharing_attach'],
      [119, 'screensharing_detach'],
      [120, 'openssh_login'],
      [121, 'openssh_logout'],
      [122, 'login_login'],
      [123, 'login_logout'],
      [124, 'btm_launch_item_add'],
      [125, 'btm_launch_item_remove'],
    ],
  ],
  [
    '14.0',
    7,
    [
      [126, 'profile_add'],
      [127, 'profile_remove'],
      [128, 'su'],
      [129, 'authorization_petition'],
      [130, 'authorization_judgement'],
      [131, 'sudo'],
      [132, 'od_group_add'],
      [133, 'od_group_remove'],
      [134, 'od_group_set'],
      [135, 'od_modify_password'],
      [136, 'od_disable_user'],
      [137, 'od_enable_user'],
      [138, 'od_attribute_value_add'],
      [139, 'od_attribute_value_remove'],
      [140, 'od_attribute_set'],
      [141, 'od_create_user'],
      [142, 'od_create_group'],
      [143, 'od_delete_user'],
      [144, 'od_delete_group'],
      [145, 'xpc_connect'],
    ],
  ],
  ['15.0', 8, [[146, 'gatekeeper_user_override']]],
  ['15.4', 9, [[147, 'tcc_modify']]],
]

/** The 104 event types of eslogger, by ascending id. */
export const EVENT_TYPES: readonly EventType[] = GROUPS.flatMap(([since, versionMin, rows]) =>
  rows.map(([id, name]) => ({ name, id, since, versionMin })),
)

/** The same table by name. */
export const EVENT_TYPES_BY_NAME: ReadonlyMap<string, EventType> = new Map(
  EVENT_TYPES.map((type) => [type.name, type]),
)

/** Message versions that recordings have been read of: macOS 13.0 (6) to the macOS 27 beta (11). */
export const MESSAGE_VERSIONS_KNOWN: ReadonlySet<number> = new Set([6, 7, 8, 9, 10, 11])
