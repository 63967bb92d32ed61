/** What a server keeps is damaged on its disk: found, told, and made anew from the log. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { type LogEntry, openSqliteLog, StoreError } from '@pomona/store'
import { countBy, doubled, listed, printTable } from '../platform/conservation.ts'
import { Courier, deliverAll } from '../platform/deliver.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { harvest } from '../platform/harvest.ts'
import { deliveriesOf } from '../platform/mac.ts'
import { ServerHome } from '../platform/server-home.ts'
import { ROOT } from '../source-tree.ts'
import { dice, type Dice } from './hostile-rules.ts'

/** How often the log is damaged. */
export interface CorruptionRun {
  readonly seed: number
  readonly damages: number
  /** Events of the log. */
  readonly events: number
}

const LOG_FILE = 'log.sqlite'
const PAGE = 4_096
const MAC = 'quince'

async function deliveries({ seed, events }: CorruptionRun) {
  return await deliveriesOf({
    ...{ name: MAC, seed: String(seed), events, batch: 50 },
    attacks: ['applescript-infostealer', 'supply-chain-dropper'],
  })
}

type Damage = 'bit turned' | 'page zeroed' | 'end cut off'
type Found = 'refused when opened' | 'refused when read' | 'nothing of it changed'

/** Damages a copy of a log again and again; nothing may be read that was not written. */
export async function findsDamagedLogs(run: CorruptionRun, context: TestContext): Promise<void> {
  const next = dice(run.seed)
  const folder = temporaryFolder(context)
  const server = await ServerHome.open(context, join(folder, 'server'))
  await deliverAll(server.door, MAC, await deliveries(run))
  await server.stop()
  const sound = readFileSync(join(server.directory, LOG_FILE))
  const copy = join(folder, 'copy')
  cpSync(server.directory, copy, { recursive: true })
  const want = await readAll(copy)
  const outcomes: string[] = []
  for (let round = 0; round < run.damages; round += 1) {
    const bytes = Buffer.from(sound)
    const { damage, damaged } = spoil(bytes, next)
    for (const end of ['-wal', '-shm']) rmSync(join(copy, LOG_FILE + end), { force: true })
    writeFileSync(join(copy, LOG_FILE), damaged)
    outcomes.push(`${damage}: ${await outcomeOf(copy, want)}`)
  }
  const counts = countBy(outcomes.toSorted())
  printTable(context, `log damaged ${run.damages} times, seed ${run.seed}`, {
    'bytes of the log': sound.length,
    'entries of the log': want.length,
    ...Object.fromEntries(counts),
    'read as what was never written': 0,
  })
  ok([...counts.keys()].some((outcome) => outcome.endsWith('refused when opened')))
  ok([...counts.keys()].some((outcome) => outcome.endsWith('refused when read')))
}

function spoil(bytes: Buffer, next: Dice): { readonly damage: Damage; readonly damaged: Buffer } {
  const kind = next(10)
  if (kind === 0) {
    return { damage: 'end cut off', damaged: bytes.subarray(0, next(bytes.length)) }
  }
  if (kind === 1) {
    const page = next(Math.floor(bytes.length / PAGE))
    bytes.fill(0, page * PAGE, (page + 1) * PAGE)
    return { damage: 'page zeroed', damaged: bytes }
  }
  const at = next(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8))
  return { damage: 'bit turned', damaged: bytes }
}

async function outcomeOf(directory: string, want: readonly string[]): Promise<Found> {
  const got: string[] = []
  try {
    await readAll(directory, got)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    deepEqual(got, want.slice(0, got.length), 'what was read before is what was written')
    return got.length === 0 ? 'refused when opened' : 'refused when read'
  }
  deepEqual(got, want, 'nothing is missing and nothing is new')
  return 'nothing of it changed'
}

/** Reads a log as the engine does: every entry, whole, in order. */
async function readAll(directory: string, into: string[] = []): Promise<readonly string[]> {
  const log = await openSqliteLog({ directory })
  try {
    const end = await log.end()
    for (let offset = 0; offset < end; offset += 1) {
      const [entry] = await log.read(offset, { entriesMax: 1, bytesMax: Infinity })
      if (entry?.offset !== offset)
        throw new Error(`entry ${offset} is missing, and nobody says so`)
      into.push(textOf(entry))
    }
    return into
  } finally {
    await log.close()
  }
}

function textOf({ payload, ...facts }: LogEntry): string {
  return `${JSON.stringify(facts)} ${Buffer.from(payload).toString('base64')}`
}

/** What the engine remembers and the event store are damaged; both come back from the log. */
export async function recoversFromLog(run: CorruptionRun, context: TestContext): Promise<void> {
  const folder = temporaryFolder(context)
  const all = await deliveries(run)
  const oracle = await ServerHome.open(context, join(folder, 'sound'))
  await deliverAll(oracle.door, MAC, all)
  await oracle.settled()
  await oracle.stop()
  const want = await harvest(oracle.directory)

  const server = await ServerHome.open(context, join(folder, 'damaged'))
  const courier = await Courier.enrol(server.door, MAC)
  const half = all.length >> 1
  for (const delivery of all.slice(0, half)) await courier.deliver(delivery)
  await server.settled()
  await server.stop()
  const states = damageStates(join(server.directory, 'records.sqlite'))
  await server.start()
  for (const delivery of all.slice(half)) await courier.deliver(delivery)
  courier.close()
  await server.settled()
  await server.stop()
  rmSync(join(server.directory, 'events'), { recursive: true })
  const rebuilt = pomona('server', 'rebuild-events', '--data-directory', server.directory)
  equal(rebuilt.status, 0, rebuilt.stderr)
  const got = await harvest(server.directory)

  // A log that is damaged is not passed over: the server says what to do and does not begin.
  const path = join(server.directory, LOG_FILE)
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0, PAGE, 3 * PAGE))
  const started = pomona('server', '--data-directory', server.directory, '--listen-port', '0')
  notEqual(started.status, 0)
  ok(started.stderr.includes(path), started.stderr)

  printTable(context, `state and event store damaged, seed ${run.seed}`, {
    'saved states damaged': states,
    'events acknowledged': all.flatMap(({ eventIds }) => eventIds).length,
    'in the log': got.logged.length,
    'in the event store, made anew': got.stored.length,
    'alerts expected': want.alerts.length,
    'alerts found': got.alerts.length,
    'dead letters': listed(got.letters),
  })
  ok(states > 0 && want.alerts.length > 0)
  deepEqual(got.alerts.toSorted(), want.alerts.toSorted())
  deepEqual(idsOf(got.stored), idsOf(want.stored))
  deepEqual(doubled(idsOf(got.stored)), [])
}

const idsOf = (events: readonly { readonly id: string }[]): readonly string[] =>
  events.map(({ id }) => id).toSorted()

/** Turns a digit of each state that is saved, as a turned bit would. @returns How many. */
function damageStates(path: string): number {
  const database = new DatabaseSync(path)
  const rows = database.prepare("select consumer, state from checkpoints where state <> ''").all()
  for (const { consumer, state } of rows) {
    const text = String(state)
    const at = text.lastIndexOf('1')
    const damaged = `${text.slice(0, at)}3${text.slice(at + 1)}`
    const update = database.prepare('update checkpoints set state = ? where consumer = ?')
    update.run(damaged, String(consumer))
  }
  database.close()
  return rows.length
}

function pomona(...words: readonly string[]) {
  const main = join(ROOT, 'apps/cli/src/main.ts')
  return spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', timeout: 120_000 })
}
