import { pathOf } from '../file.ts'
import type { ProcessImage } from '../process/image.ts'
import { idOf, integerOf, nameOf, numeralOf, valueAt } from '../reader.ts'
import {
  classification,
  type Draft,
  entries,
  entry,
  type EventEntry,
  instigator,
  type Occurrence,
  setFile,
  setTarget,
  withoutOutcome,
} from './entry.ts'
import { fileOf } from './files.ts'

const START = classification({ category: ['process'], type: ['start'] })
const END = classification({ category: ['process'], type: ['end'] })
const CHANGE = classification({ category: ['process'], type: ['change'] })
const ACCESS = classification({ category: ['process'], type: ['access'] })
const INFO = classification({ category: ['process'], type: ['info'] })

const TASK_ACCESS: readonly string[] = ['task_for_pid', 'expose_task', 'identity_token']
const SUSPENSIONS: readonly string[] = ['suspend', 'resume', '', 'shutdown_sockets']
const PROC_CHECKS: readonly string[] = [
  '',
  'listpids',
  'pidinfo',
  'pidfdinfo',
  'kernmsgbuf',
  'setcontrol',
  'pidfileportinfo',
  'terminate',
  'dirtycontrol',
  'pidrusage',
  '',
  '',
  '',
  '',
  'udata_info',
]
const XPC_DOMAINS: readonly string[] = [
  '',
  'system',
  'user',
  'user_login',
  'session',
  'pid',
  'manager',
  'port',
  'gui',
]

function execSubject({ body, reporter, processes, time }: Occurrence): ProcessImage | undefined {
  return processes.exec(reporter, body, time)
}

function forkSubject({ body, reporter, processes }: Occurrence): ProcessImage | undefined {
  return processes.fork(reporter, valueAt(body, 'child'))
}

function exitSubject({ reporter, processes, time }: Occurrence): ProcessImage {
  processes.exit(reporter, time)
  return reporter
}

function chdirSubject({ body, reporter, processes, reader }: Occurrence): ProcessImage {
  processes.chdir(reporter, pathOf(valueAt(body, 'target'), reader))
  return reporter
}

// `process` is the new image, `process.previous` the one it replaced.
function exec(draft: Draft): void {
  const { reporter, subject, reader, body, document } = draft
  if (reporter === subject) return
  const { executable, invocation } = reporter
  const { args, argsCount } = invocation
  const previous = {
    ...(executable !== undefined && { executable }),
    ...(args !== undefined && { args }),
    ...(argsCount !== undefined && { args_count: argsCount }),
  }
  const env = reader.env(valueAt(body, 'env'))
  document.process = {
    ...document.process,
    ...(env !== undefined && { env_vars: env }),
    ...((executable !== undefined || args !== undefined) && { previous }),
  }
}

// The layout of wait(2): the low seven bits are the signal, the next byte up is the exit code.
function exit(draft: Draft): void {
  const status = integerOf(valueAt(draft.body, 'stat')) ?? -1
  const signal = status & 0x7f
  const { document, macos, time } = draft
  if (status < 0) document.process = { ...document.process, end: time }
  else if (signal === 0) {
    document.process = { ...document.process, end: time, exit_code: (status >> 8) & 0xff }
  } else {
    document.process = { ...document.process, end: time }
    macos.process = { ...macos.process, signal }
  }
}

function target(draft: Draft): void {
  setTarget(draft, draft.processes.observe(valueAt(draft.body, 'target')))
}

function signal(draft: Draft): void {
  target(draft)
  const number = integerOf(valueAt(draft.body, 'sig'))
  if (number !== undefined) draft.macos.signal = { number }
}

function access(names: readonly string[]): (draft: Draft) => void {
  return (draft) => {
    target(draft)
    const name = nameOf(names, valueAt(draft.body, 'type'))
    if (name !== undefined) draft.macos.task = { access: name }
  }
}

function directory(draft: Draft): void {
  setFile(draft, fileOf(draft, valueAt(draft.body, 'target')))
}

function setUser(draft: Draft): void {
  const id = idOf(valueAt(draft.body, 'uid') ?? valueAt(draft.body, 'euid'))
  const real = idOf(valueAt(draft.body, 'ruid'))
  if (id === undefined && real === undefined) return
  draft.macos.setid = {
    ...(id !== undefined && { user_id: id }),
    ...(real !== undefined && { real_user_id: real }),
  }
}

function setGroup(draft: Draft): void {
  const id = idOf(valueAt(draft.body, 'gid') ?? valueAt(draft.body, 'egid'))
  const real = idOf(valueAt(draft.body, 'rgid'))
  if (id === undefined && real === undefined) return
  draft.macos.setid = {
    ...(id !== undefined && { group_id: id }),
    ...(real !== undefined && { real_group_id: real }),
  }
}

function terminal(draft: Draft): void {
  const device = numeralOf(valueAt(draft.body, 'dev'))
  if (device !== undefined) draft.macos.pty = { device }
}

function xpc(draft: Draft): void {
  const service = draft.reader.text(valueAt(draft.body, 'service_name'))
  const domain = nameOf(XPC_DOMAINS, valueAt(draft.body, 'service_domain_type'))
  if (service === undefined && domain === undefined) return
  draft.macos.xpc = {
    ...(service !== undefined && { service }),
    ...(domain !== undefined && { domain }),
  }
}

/** Processes: started, ended, changed, inspected and controlled by others. */
export const PROCESS_EVENTS: readonly EventEntry[] = [
  entry('exec', START, { subject: execSubject, map: exec }),
  entry('fork', START, { subject: forkSubject }),
  entry('exit', END, { subject: exitSubject, outcome: withoutOutcome, map: exit }),
  // Since message version 9 a signal may be sent for somebody else, who is named then.
  entry('signal', CHANGE, { subject: instigator, map: signal }),
  ...entries(['get_task', 'get_task_read', 'get_task_inspect', 'get_task_name'], ACCESS, {
    map: access(TASK_ACCESS),
  }),
  entry('trace', ACCESS, { map: target }),
  entry('proc_check', ACCESS, { map: access(PROC_CHECKS) }),
  entry('proc_suspend_resume', CHANGE, { map: access(SUSPENSIONS) }),
  entry('remote_thread_create', CHANGE, { map: target }),
  entry('cs_invalidated', CHANGE, { outcome: withoutOutcome }),
  entry('chdir', CHANGE, { subject: chdirSubject, map: directory }),
  entry('chroot', CHANGE, { map: directory }),
  ...entries(['setuid', 'seteuid', 'setreuid'], CHANGE, { map: setUser }),
  ...entries(['setgid', 'setegid', 'setregid'], CHANGE, { map: setGroup }),
  ...entries(['pty_grant', 'pty_close'], INFO, { map: terminal }),
  entry('xpc_connect', ACCESS, { map: xpc }),
]
