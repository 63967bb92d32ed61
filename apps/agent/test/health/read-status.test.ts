import { equal, match, rejects } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { AgentError } from '../../src/errors.ts'
import { readStatus } from '../../src/health/read-status.ts'
import { STATUS_FILE } from '../../src/health/status.ts'
import { statusText } from '../../src/health/status-text.ts'
import { ManualClock } from '../spool/world.ts'

const UPDATED = '2026-11-25T08:59:40.000Z'
const STATUS = {
  format: 1,
  pid: 42,
  updated: UPDATED,
  stopping: false,
  server: { url: 'https://edr.example', state: 'offline', reason: 'ECONNREFUSED' },
  report: {
    epoch: 3,
    boot_id: 'boot',
    host: { id: 'host-1', name: 'orchard' },
    usage: {
      started: UPDATED,
      cpu_percent: 1.5,
      memory_bytes: 104_857_600,
      spool_bytes: 1_048_576,
      spool_events: 7,
      alerts: 2,
    },
    sensors: [
      {
        sensor: 'eslogger.critical',
        state: 'failed',
        since: UPDATED,
        problem: { code: 'x', message: 'Full Disk Access missing.', remedy: 'Grant it.' },
        restarts: 2,
        lost: 5,
        lost_by_type: { exec: 5 },
      },
    ],
    posture: {
      taken: UPDATED,
      cut: 0,
      looks: {
        sip: { ok: true, facts: [{ name: 'sip.status', value: 'enabled', source: 'csrutil' }] },
        filevault: { ok: false, code: 'command_failed', message: 'It did not work.' },
      },
    },
    permissions: [{ name: 'full_disk_access', granted: false, needed_by: [], profile: 'pppc' }],
  },
  events: { received: 10, sent: 8, discarded: { unmodified: 2 } },
  file_facts: {
    ...{ asked: 9, known: 6, cached: 4, unhashed: 1, held: 0, late: 2 },
    failed: { missing: 2, replaced: 1 },
  },
  rules: 81,
}

async function folderWith(context: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-status-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, STATUS_FILE), text)
  return folder
}

const notRunning = (error: unknown): boolean =>
  error instanceof AgentError && error.code === 'ERR_AGENT_NOT_RUNNING'

test('status: says how a running agent is, with what is wrong and what to do', async (context) => {
  const folder = await folderWith(context, JSON.stringify(STATUS))
  const status = await readStatus(folder, new ManualClock())
  equal(status.pid, 42)
  const text = statusText(status)
  match(text, /orchard \(host-1\), epoch 3/)
  match(text, /https:\/\/edr\.example: offline, ECONNREFUSED/)
  match(text, /9 looked at, 6 known \(4 not read again\), 2 late, unknown: 2 missing, 1 replaced/)
  match(text, /10 sensed, 8 kept, 2 left out/)
  match(
    text,
    /eslogger\.critical +failed \(2 restarts, 5 lost\): Full Disk Access missing\. Grant it\./,
  )
  match(text, /sip\.status +enabled\n +filevault +not known: It did not work\./)
  match(text, /full_disk_access +missing \(granted by pppc\)/)
})

test('status: an agent that has gone or is going does not run', async (context) => {
  const clock = new ManualClock()
  const going = await folderWith(context, JSON.stringify({ ...STATUS, stopping: true }))
  await rejects(readStatus(going, clock), notRunning)
  const folder = await folderWith(context, JSON.stringify(STATUS))
  clock.ms += 120_000
  await rejects(readStatus(folder, clock), notRunning)
})

test('status: no file, or one of something else, is told with a code', async (context) => {
  await rejects(readStatus('/nowhere', new ManualClock()), notRunning)
  for (const text of ['', '{', '{"format":2}']) {
    await rejects(readStatus(await folderWith(context, text), new ManualClock()), notRunning)
  }
})
