import {
  actor,
  choice,
  code,
  file,
  folder,
  given,
  group,
  nullableFile,
  nullableProcess,
  plain,
  since,
  target,
  time,
  token,
  userId,
  type Body,
  type BodyField,
} from './body-fields.ts'

const NONE: readonly BodyField[] = []
const TARGET_FILE = [file('target')]
const TARGET_PROCESS = [target()]
const TASK_TYPES = { task_for_pid: 0, expose_task: 1, identity_token: 2 }
const DISPOSITIONS = { external: 0, internal: 1, network: 2, virtual: 3, nullfs: 4 }
const STATFS = group('statfs', [
  plain('f_bsize', 4096),
  plain('f_iosize', 1_048_576),
  plain('f_blocks', 122_061_322),
  plain('f_bfree', 61_840_211),
  plain('f_bavail', 61_840_211),
  plain('f_files', 2_473_998_520),
  plain('f_ffree', 2_473_608_440),
  plain('f_fsid', [16_777_241, 26]),
  userId('f_owner'),
  plain('f_type', 26),
  plain('f_flags', 76_582_937),
  plain('f_fssubtype', 0),
  plain('f_fstypename', 'apfs'),
  given('f_mntonname'),
  given('f_mntfromname'),
  plain('f_flags_ext', 0),
])

/**
 * Bodies of what the kernel reports: processes, files, memory, mounts, credentials. exec, fork and
 * exit are written by the process machinery and have no fields here.
 */
export const KERNEL_BODIES: Readonly<Record<string, Body>> = {
  exec: { fields: NONE },
  fork: { fields: NONE },
  exit: { fields: NONE },
  open: { fields: [plain('fflag', 1), file('file')] },
  close: {
    fields: [
      plain('modified', false),
      file('target'),
      since(6, plain('was_mapped_writable', false)),
    ],
  },
  create: {
    fields: [
      code('destination_type', { existing_file: 0, new_path: 1 }),
      choice({
        name: 'destination',
        by: 'destination_type',
        choices: [
          { when: 0, key: 'existing_file', fields: file('path') },
          {
            when: 1,
            key: 'new_path',
            fields: [folder('dir'), given('filename'), plain('mode', 33_188)],
          },
        ],
      }),
      plain('acl', null),
    ],
  },
  exchangedata: { fields: [file('file1'), file('file2')] },
  get_task: { fields: [target(), code('type', TASK_TYPES)] },
  get_task_read: { fields: [target(), code('type', TASK_TYPES)] },
  get_task_inspect: { fields: [target(), code('type', TASK_TYPES)] },
  get_task_name: { fields: [target(), code('type', TASK_TYPES)] },
  kextload: { reporter: 'kernelmanagerd', fields: [given('identifier')] },
  kextunload: { reporter: 'kernelmanagerd', fields: [given('identifier')] },
  link: { fields: [file('source'), folder('target_dir'), given('target_filename')] },
  mmap: {
    fields: [
      plain('protection', 5),
      plain('max_protection', 5),
      plain('flags', 2),
      plain('file_pos', 0),
      file('source'),
    ],
  },
  mprotect: {
    fields: [plain('protection', 5), plain('address', 4_345_298_944), plain('size', 16_384)],
  },
  mount: { fields: [STATFS, since(8, code('disposition', DISPOSITIONS, 1))] },
  unmount: { fields: [STATFS] },
  remount: {
    fields: [
      STATFS,
      since(8, plain('remount_flags', 0)),
      since(8, code('disposition', DISPOSITIONS, 1)),
    ],
  },
  iokit_open: { fields: [plain('user_client_type', 0), given('user_client_class')] },
  rename: {
    fields: [
      file('source'),
      code('destination_type', { existing_file: 0, new_path: 1 }, 1),
      choice({
        name: 'destination',
        by: 'destination_type',
        choices: [
          { when: 0, key: 'existing_file', fields: file('to') },
          { when: 1, key: 'new_path', fields: [folder('dir'), given('filename')] },
        ],
      }),
    ],
  },
  setattrlist: { fields: [group('attrlist', attributeList()), file('target')] },
  getattrlist: { fields: [group('attrlist', attributeList()), file('target')] },
  setextattr: { fields: [file('target'), given('extattr')] },
  getextattr: { fields: [file('target'), given('extattr')] },
  deleteextattr: { fields: [file('target'), given('extattr')] },
  listextattr: { fields: TARGET_FILE },
  setflags: { fields: [given('flags'), file('target')] },
  setmode: { fields: [given('mode'), file('target')] },
  setowner: { fields: [given('uid'), given('gid'), file('target')] },
  setacl: {
    fields: [file('target'), code('set_or_clear', { set: 0, clear: 1 }), plain('acl', null)],
  },
  signal: { fields: [given('sig'), target(), since(9, actor())] },
  unlink: { fields: [file('target'), folder('parent_dir')] },
  write: { fields: TARGET_FILE },
  file_provider_materialize: { fields: [actor(), token(), file('source'), file('target')] },
  file_provider_update: { fields: [file('source'), given('target_path')] },
  readlink: { fields: [file('source')] },
  truncate: { fields: TARGET_FILE },
  lookup: { fields: [folder('source_dir'), given('relative_target')] },
  chdir: { fields: [folder('target')] },
  stat: { fields: TARGET_FILE },
  access: { fields: [plain('mode', 4), file('target')] },
  chroot: { fields: [folder('target')] },
  utimes: { fields: [file('target'), time('atime'), time('mtime')] },
  clone: { fields: [file('source'), folder('target_dir'), given('target_name')] },
  copyfile: {
    fields: [
      file('source'),
      nullableFile('target_file'),
      folder('target_dir'),
      given('target_name'),
      plain('mode', 33_188),
      plain('flags', 0),
    ],
  },
  fcntl: { fields: [file('target'), plain('cmd', 50)] },
  readdir: { fields: [folder('target')] },
  fsgetpath: { fields: TARGET_FILE },
  dup: { fields: TARGET_FILE },
  settime: { fields: NONE },
  uipc_bind: { fields: [folder('dir'), given('filename'), plain('mode', 49_663)] },
  uipc_connect: {
    fields: [file('file'), plain('domain', 1), plain('type', 1), plain('protocol', 0)],
  },
  pty_grant: { fields: [given('dev')] },
  pty_close: { fields: [given('dev')] },
  proc_check: {
    fields: [
      nullableProcess('target'),
      code('type', { listpids: 1, pidinfo: 2, pidfdinfo: 3, kernmsgbuf: 4, setcontrol: 5 }, 2),
      plain('flavor', 3),
    ],
  },
  searchfs: { fields: [group('attrlist', attributeList()), file('target')] },
  proc_suspend_resume: {
    fields: [
      nullableProcess('target'),
      code('type', { suspend: 0, resume: 1, shutdown_sockets: 3 }),
    ],
  },
  cs_invalidated: { fields: NONE },
  trace: { fields: TARGET_PROCESS },
  remote_thread_create: { fields: [target(), plain('thread_state', null)] },
  setuid: { fields: [given('uid')] },
  setgid: { fields: [given('gid')] },
  seteuid: { fields: [given('euid')] },
  setegid: { fields: [given('egid')] },
  setreuid: { fields: [given('ruid'), given('euid')] },
  setregid: { fields: [given('rgid'), given('egid')] },
}

function attributeList(): readonly BodyField[] {
  return [
    plain('bitmapcount', 5),
    plain('reserved', 0),
    plain('commonattr', 1_024),
    plain('volattr', 0),
    plain('dirattr', 0),
    plain('fileattr', 0),
    plain('forkattr', 0),
  ]
}
