/** Records of eslogger about files that are really there. */
import { statSync } from 'node:fs'

type Json = Readonly<Record<string, unknown>>

const PID = 500
const TOKEN = { auid: 501, euid: 501, egid: 20, ruid: 501, rgid: 20, asid: 100_003 }

/** A file object as Endpoint Security describes it, with the file's own numbers. */
export function esFile(path: string, more: Json = {}): Json {
  const { dev, ino, mode, size, mtimeNs } = statSync(path, { bigint: true })
  const second = new Date(Number(mtimeNs / 1_000_000n)).toISOString().slice(0, 19)
  const fraction = String(mtimeNs % 1_000_000_000n).padStart(9, '0')
  const stat = {
    ...{ st_dev: Number(dev), st_ino: Number(ino), st_mode: Number(mode), st_size: Number(size) },
    ...{ st_mtimespec: `${second}.${fraction}Z`, st_flags: 0, ...more },
  }
  return { path, path_truncated: false, stat }
}

function processOf(pidversion: number, executable: Json): Json {
  return {
    audit_token: { ...TOKEN, pid: PID, pidversion },
    parent_audit_token: { ...TOKEN, pid: 1, pidversion: 2 },
    responsible_audit_token: { ...TOKEN, pid: PID, pidversion },
    ...{ ppid: 1, original_ppid: 1, group_id: PID, session_id: PID, tty: null },
    ...{ codesigning_flags: 0, is_platform_binary: false, is_es_client: false },
    ...{ cdhash: '0'.repeat(40), signing_id: '', team_id: null, executable },
    start_time: '2026-03-02T08:00:00.123456Z',
  }
}

const SHELL = processOf(900, { path: '/bin/zsh', path_truncated: false })

/** One line of eslogger, its numbers to be given by whoever tells it. */
export function esLine(name: string, body: Json): string {
  return JSON.stringify({
    ...{ schema_version: 1, version: 10, event_type: 9, action_type: 1, seq_num: 0 },
    ...{ time: new Date().toISOString(), mach_time: 1, global_seq_num: 0 },
    action: { result: { result_type: 0, result: { auth: 0 } } },
    thread: { thread_id: 901 },
    process: SHELL,
    event: { [name]: body },
  })
}

/** The line of a program that is started. */
export function execLine(executable: Json, pidversion: number): string {
  const target = processOf(pidversion, executable)
  return esLine('exec', { target, args: [executable['path']], cwd: { path: '/' }, script: null })
}

/** The line of a file that was written. */
export function closeLine(target: Json): string {
  return esLine('close', { modified: true, target })
}
