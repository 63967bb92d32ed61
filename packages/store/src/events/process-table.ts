import { SIGNERS, type Signer } from '@pomona/schema'
import { encodeCursor } from '../cursor.ts'
import type { StoredProcess } from './event-store.ts'
import type { Engine, Parameters } from './engine.ts'
import { beginOf, storedProcess, type Claim, type ProcessFacts } from './process-facts.ts'
import type { ProcessLookup } from './process-tree.ts'
import type { ProcessPlan } from './query.ts'
import { columnTime } from './row.ts'

// Rank of a claim nobody made; loses against any other.
const RANK_NONE = 255
const NO_TIME = '"1970-01-01T00:00:00"'

/** Writes facts as one line of JSONEachRow of the process table. */
export function encodeProcess(facts: ProcessFacts): string {
  const { parent, user } = facts
  const row: [string, string | undefined][] = [
    ['host_id', JSON.stringify(facts.hostId)],
    ['entity_id', JSON.stringify(facts.entityId)],
    ['pid', String(facts.pid)],
    ['pidversion', String(facts.pidversion)],
    ['parent', claimText(parent, [parent?.value ?? ''])],
    ['user', claimText(user, user?.value ?? ['', ''])],
    ['name', text(facts.name)],
    ['executable', text(facts.executable)],
    ['command_line', text(facts.commandLine)],
    ['working_directory', text(facts.workingDirectory)],
    ['previous_entity_id', text(facts.previousEntityId)],
    ['responsible_entity_id', text(facts.responsibleEntityId)],
    ['signer', text(facts.signer)],
    ['signing_id', text(facts.signingId)],
    ['team_id', text(facts.teamId)],
    ['cdhash', text(facts.cdhash)],
    ['sha256', text(facts.sha256)],
    ['quarantine', text(facts.quarantine)],
    ['origin_url', text(facts.originUrl)],
    ['first_seen', columnTime(facts.firstSeen)],
    ['start', facts.start === undefined ? undefined : columnTime(facts.start)],
    ['end', facts.end === undefined ? undefined : columnTime(facts.end)],
    ['exit_code', facts.exitCode === undefined ? undefined : String(facts.exitCode)],
    ['forked', facts.forked ? '1' : undefined],
    ['execed', facts.execed ? '1' : undefined],
    ['acted', facts.acted ? '1' : undefined],
  ]
  const known = row.filter(([, value]) => value !== undefined)
  return `{${known.map(([name, value]) => `"${name}":${value}`).join(',')}}`
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}

function claimText(claim: Claim<unknown> | undefined, values: readonly string[]): string {
  const rank = claim === undefined ? RANK_NONE : claim.rank
  const time = claim === undefined ? NO_TIME : columnTime(claim.time)
  return `[${[rank, time, ...values.map((value) => JSON.stringify(value))].join(',')}]`
}

const AGGREGATES = [
  'entity_id as f_entity_id',
  'max(pid) as f_pid',
  'max(pidversion) as f_pidversion',
  'min(parent) as f_parent',
  'min(user) as f_user',
  'max(name) as f_name',
  'max(executable) as f_executable',
  'max(command_line) as f_command_line',
  'max(working_directory) as f_working_directory',
  'max(previous_entity_id) as f_previous_entity_id',
  'max(responsible_entity_id) as f_responsible_entity_id',
  'max(signer) as f_signer',
  'max(signing_id) as f_signing_id',
  'max(team_id) as f_team_id',
  'max(cdhash) as f_cdhash',
  'max(sha256) as f_sha256',
  'max(quarantine) as f_quarantine',
  'max(origin_url) as f_origin_url',
  'min(first_seen) as f_first_seen',
  'min(start) as f_start',
  'max(end) as f_end',
  'max(exit_code) as f_exit_code',
  'max(forked) as f_forked',
  'max(execed) as f_execed',
  'max(acted) as f_acted',
].join(', ')

const IS_SHOWN =
  'f_pidversion >= 0 and not (f_forked = 1 and f_execed = 0 and f_acted = 0 and f_end is not null)'
const BEGIN = 'coalesce(f_start, f_first_seen)'

// Rows of one image lie in several parts until they are merged: every query adds them up.
function images(where: string): string {
  return `(select ${AGGREGATES} from pomona.processes where host_id = {host:String}${where} group by entity_id)`
}

const WITH_PARENT = ` and entity_id in (
  select entity_id from pomona.processes
  where host_id = {host:String} and tupleElement(parent, 3) in {ids:Array(String)})`

/** Look-ups of one host's images. */
export function processLookup(engine: Engine, hostId: string): ProcessLookup {
  const select = async (sql: string, ids: readonly string[]): Promise<ProcessFacts[]> => {
    const rows = await engine.rows(sql, { host: hostId, ids })
    return rows.map((row) => factsOfRow(hostId, row))
  }
  return {
    byIds: async (ids) =>
      await select(`select * from ${images(' and entity_id in {ids:Array(String)}')}`, ids),
    childrenOf: async (ids, limit) => {
      if (ids.length === 0) return []
      return await select(
        `select * from ${images(WITH_PARENT)}
where tupleElement(f_parent, 3) in {ids:Array(String)} and ${IS_SHOWN}
order by ${BEGIN}, f_entity_id limit ${Math.max(0, Math.trunc(limit))}`,
        ids,
      )
    },
    childCounts: async (ids) => {
      if (ids.length === 0) return new Map()
      const rows = await engine.rows(
        `select tupleElement(f_parent, 3) as parent_id, count() from ${images(WITH_PARENT)}
where parent_id in {ids:Array(String)} and ${IS_SHOWN} group by parent_id`,
        { host: hostId, ids },
      )
      return new Map(rows.map(([id, count]) => [String(id), Number(count)]))
    },
  }
}

/** One page of a host's images, newest first. */
export async function selectProcesses(
  engine: Engine,
  plan: ProcessPlan,
): Promise<{ readonly processes: readonly StoredProcess[]; readonly nextCursor?: string }> {
  const { sql, parameters } = pageQuery(plan)
  const rows = await engine.rows(sql, parameters)
  const found = rows.map((row) => factsOfRow(plan.hostId, row))
  const page = found.slice(0, plan.limit)
  const last = page.at(-1)
  const ids = page.map(({ entityId }) => entityId)
  const counts = await processLookup(engine, plan.hostId).childCounts(ids)
  return {
    processes: page.map((facts) => storedProcess(facts, counts.get(facts.entityId) ?? 0)),
    ...(found.length > plan.limit && last
      ? { nextCursor: encodeCursor({ time: beginOf(last), id: last.entityId }) }
      : {}),
  }
}

function pageQuery(plan: ProcessPlan): { sql: string; parameters: Parameters } {
  const { hostId, text: searched, signers, running, after, limit } = plan
  const conditions = [IS_SHOWN]
  const parameters: Record<string, string | readonly string[]> = { host: hostId }
  if (searched !== undefined) {
    conditions.push(
      `positionCaseInsensitiveUTF8(concat(f_name, '\\n', f_executable, '\\n', f_command_line), {text:String}) > 0`,
    )
    parameters['text'] = searched
  }
  if (signers !== undefined) {
    conditions.push('f_signer in {signers:Array(String)}')
    parameters['signers'] = signers
  }
  if (running !== undefined) conditions.push(running ? 'f_end is null' : 'f_end is not null')
  if (after !== undefined) {
    conditions.push(
      `(${BEGIN}, f_entity_id) < (parseDateTime64BestEffort({time:String}, 9, 'UTC'), {id:String})`,
    )
    parameters['time'] = after.time
    parameters['id'] = after.id
  }
  const sql = `select * from ${images('')} where ${conditions.join(' and ')}
order by ${BEGIN} desc, f_entity_id desc limit ${limit + 1}`
  return { sql, parameters }
}

/** Columns of text from `name` on. */
const TEXTS = 13

function factsOfRow(hostId: string, row: readonly unknown[]): ProcessFacts {
  const [entityId, pid, pidversion, parent, user, ...rest] = row
  const texts = rest.slice(0, TEXTS).map((value) => (value === '' ? undefined : String(value)))
  const [name, executable, commandLine, workingDirectory, previousEntityId] = texts
  const [responsibleEntityId, signer, signingId, teamId, cdhash] = texts.slice(5)
  const [sha256, quarantine, originUrl] = texts.slice(10)
  const [firstSeen, start, end, exitCode, forked, execed, acted] = rest.slice(TEXTS)
  return {
    hostId,
    entityId: String(entityId),
    pid: Number(pid),
    pidversion: Number(pidversion),
    parent: claimOf(parent, ([id]) => id ?? ''),
    user: claimOf(user, ([id, userName]) => [id ?? '', userName ?? ''] as const),
    name,
    executable,
    commandLine,
    workingDirectory,
    previousEntityId,
    responsibleEntityId,
    signer: signerOfText(signer),
    signingId,
    teamId,
    cdhash,
    sha256,
    quarantine,
    originUrl,
    firstSeen: String(firstSeen),
    start: typeof start === 'string' ? start : undefined,
    end: typeof end === 'string' ? end : undefined,
    exitCode: exitCode === null ? undefined : Number(exitCode),
    forked: forked === 1,
    execed: execed === 1,
    acted: acted === 1,
  }
}

function signerOfText(value: string | undefined): Signer | undefined {
  return SIGNERS.find((signer) => signer === value)
}

function claimOf<Value>(
  value: unknown,
  read: (values: readonly string[]) => Value,
): Claim<Value> | undefined {
  if (!Array.isArray(value)) return undefined
  const [rank, time, ...values]: unknown[] = value
  if (rank === RANK_NONE) return undefined
  return { rank: Number(rank), time: String(time), value: read(values.map(String)) }
}
