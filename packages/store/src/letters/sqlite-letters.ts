import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterPage,
  DeadLetterQuery,
  FacetValue,
} from '@pomona/schema'
import { sql, type Kysely, type SelectQueryBuilder, type Transaction } from 'kysely'
import { chunks } from '../records/chunks.ts'
import { sampleOf } from '../records/dead-letter.ts'
import type { DeadLetterTable, RecordTables } from '../records/schema.ts'
import {
  keptSource,
  LETTER_FACETS,
  type LetterFacet,
  type LetterPlan,
  orderLetterFacet,
  planLetterQuery,
  queued,
} from './letter-query.ts'
import type {
  LetterOutcome,
  LetterRecords,
  LetterSource,
  LetterTally,
  StoredLetter,
} from './letters.ts'
import type { LetterLimits } from './memory-letters.ts'

type Database = Kysely<RecordTables>
type Change = Transaction<RecordTables>
type Filtered = SelectQueryBuilder<RecordTables, 'dead_letters', object>
type Outcome = 'received' | 'dropped' | LetterOutcome

/** Dead letters in the records' own file. */
export class SqliteLetters implements LetterRecords {
  readonly #open: () => Database
  readonly #limits: LetterLimits

  /** @param open Gives the database. @throws StoreError ERR_STORE_CLOSED by itself. */
  constructor(open: () => Database, limits: LetterLimits) {
    this.#open = open
    this.#limits = limits
  }

  async add(letters: readonly StoredLetter[]): Promise<void> {
    if (letters.length === 0) return
    await this.#open()
      .transaction()
      .execute(async (transaction) => {
        let position = (await lastPosition(transaction)) + 1
        for (const letter of letters) {
          if (!(await insertLetter(transaction, letter, position))) continue
          position += 1
          await count(transaction, letter, 'received')
        }
        await this.#trim(transaction, letters)
      })
  }

  async #trim(transaction: Change, letters: readonly StoredLetter[]): Promise<void> {
    const { lettersMax, lettersPerHostMax } = this.#limits
    for (const host of new Set(letters.map(({ host_id: id }) => id))) {
      if (host === undefined) continue
      const ofHost = sql<boolean>`outcome is null and host_id = ${host}`
      await dropBeyond(transaction, ofHost, lettersPerHostMax)
    }
    await dropBeyond(transaction, sql<boolean>`outcome is null`, lettersMax)
    // Settled ones are kept so that they do not come again when a part of the log is read again.
    await dropBeyond(transaction, sql<boolean>`outcome is not null`, lettersMax)
  }

  async newest(limit: number): Promise<readonly DeadLetter[]> {
    const rows = await this.#open()
      .selectFrom('dead_letters')
      .selectAll()
      .where('outcome', 'is', null)
      .orderBy('position', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => {
      const { source: _, ...letter } = letterOf(row)
      return letter
    })
  }

  async page(query: DeadLetterQuery): Promise<DeadLetterPage> {
    const plan = planLetterQuery(query)
    return await this.#open()
      .transaction()
      .execute(async (transaction) => {
        const { before, limit } = plan
        let page = filtered(transaction, plan)
          .selectAll()
          .orderBy('position', 'desc')
          .limit(limit + 1)
        if (before !== undefined) page = page.where('position', '<', before)
        const rows = await page.execute()
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        return {
          items: items.map((row) => queued(letterOf(row))),
          total: await totalOf(transaction, plan),
          ...(rows.length > limit && last ? { next_cursor: String(last.position) } : {}),
          facets: {
            stage: await facetOf(transaction, plan, 'stage'),
            reason: await facetOf(transaction, plan, 'reason'),
            host: await facetOf(transaction, plan, 'host'),
          },
          counts: [...(await selectCounts(transaction))],
        }
      })
  }

  async get(ids: readonly string[]): Promise<readonly StoredLetter[]> {
    return await selectLetters(this.#open(), ids)
  }

  async settle(ids: readonly string[], outcome: LetterOutcome): Promise<readonly string[]> {
    return await this.#open()
      .transaction()
      .execute(async (transaction) => {
        const letters = await selectLetters(transaction, ids)
        for (const letter of letters) {
          await transaction
            .updateTable('dead_letters')
            .set({ outcome, sample: '', detail: '', search: '', source: null })
            .where('id', '=', letter.id)
            .execute()
          await count(transaction, letter, outcome)
        }
        return letters.map(({ id }) => id)
      })
  }

  async tallies(since: string): Promise<readonly LetterTally[]> {
    const rows = await this.#open()
      .selectFrom('dead_letters')
      .where('outcome', 'is', null)
      .where('time', '>=', since)
      .groupBy(['host_id', 'stage', 'reason'])
      .orderBy('host_id')
      .orderBy('stage')
      .orderBy('reason')
      .select(({ fn }) => [
        'host_id',
        'stage',
        'reason',
        fn.countAll<number>().as('count'),
        fn.max('time').as('last'),
      ])
      .execute()
    return rows.map(({ host_id: host, stage, reason, count: number, last }) => ({
      ...(host !== null && { host_id: host }),
      ...{ stage, reason, count: Number(number), last },
    }))
  }

  async counts(): Promise<readonly DeadLetterCount[]> {
    return await selectCounts(this.#open())
  }
}

async function insertLetter(
  transaction: Change,
  letter: StoredLetter,
  position: number,
): Promise<boolean> {
  const { id, time, stage, reason, detail } = letter
  const sample = sampleOf(letter.sample)
  const source = keptSource(letter.source)
  const added = await transaction
    .insertInto('dead_letters')
    .values({
      ...{ position, id, time, stage, reason, detail, sample },
      host_id: letter.host_id ?? null,
      source: source === undefined ? null : JSON.stringify(source),
      search: `${detail}\n${sample}`.toLowerCase().replaceAll('\0', ' ').toWellFormed(),
      outcome: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('position')
    .execute()
  return added.length > 0
}

async function lastPosition(transaction: Change): Promise<number> {
  const row = await transaction
    .selectFrom('dead_letters')
    .select('position')
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? -1 : Number(row.position)
}

async function dropBeyond(
  transaction: Change,
  among: ReturnType<typeof sql<boolean>>,
  max: number,
): Promise<void> {
  const beyond = sql<number>`(select position from dead_letters where ${among}
    order by position desc limit -1 offset ${max})`
  const dropped = await transaction
    .deleteFrom('dead_letters')
    .where('position', 'in', beyond)
    .returning(['stage', 'reason', 'outcome'])
    .execute()
  for (const { outcome, ...letter } of dropped) {
    if (outcome === null) await count(transaction, letter, 'dropped')
  }
}

async function count(
  transaction: Change,
  { stage, reason }: { readonly stage: string; readonly reason: string },
  outcome: Outcome,
): Promise<void> {
  const one = { received: 0, dropped: 0, replayed: 0, discarded: 0, [outcome]: 1 }
  await transaction
    .insertInto('dead_letter_counts')
    .values({ stage, reason, ...one })
    .onConflict((conflict) =>
      conflict.columns(['stage', 'reason']).doUpdateSet({
        [outcome]: sql<number>`${sql.ref(`dead_letter_counts.${outcome}`)} + 1`,
      }),
    )
    .execute()
}

async function selectLetters(
  database: Database,
  ids: readonly string[],
): Promise<readonly StoredLetter[]> {
  const found: DeadLetterTable[] = []
  for (const group of chunks([...new Set(ids)])) {
    const rows = await database
      .selectFrom('dead_letters')
      .selectAll()
      .where('id', 'in', group)
      .where('outcome', 'is', null)
      .execute()
    found.push(...rows)
  }
  return found.toSorted((a, b) => Number(a.position) - Number(b.position)).map(letterOf)
}

const COLUMNS = { stage: 'stage', reason: 'reason', host: 'host_id' } as const

function filtered(database: Database, { lists, text }: LetterPlan, except?: LetterFacet): Filtered {
  let query: Filtered = database.selectFrom('dead_letters').where('outcome', 'is', null)
  for (const name of LETTER_FACETS) {
    const values = lists[name]
    if (values !== undefined && name !== except) query = query.where(COLUMNS[name], 'in', values)
  }
  if (text === undefined) return query
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  return query.where(sql<boolean>`search like ${pattern} escape '\\'`)
}

async function totalOf(database: Database, plan: LetterPlan): Promise<number> {
  const row = await filtered(database, plan)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

async function facetOf(
  database: Database,
  plan: LetterPlan,
  name: LetterFacet,
): Promise<FacetValue[]> {
  const column = COLUMNS[name]
  const rows = await filtered(database, plan, name)
    .where(column, 'is not', null)
    .groupBy(column)
    .select(({ fn }) => [
      sql<string>`${sql.ref(column)}`.as('value'),
      fn.countAll<number>().as('count'),
    ])
    .execute()
  return orderLetterFacet(
    rows.map(({ value, count: number }) => ({ value, label: value, count: Number(number) })),
  )
}

async function selectCounts(database: Database): Promise<readonly DeadLetterCount[]> {
  const rows = await database
    .selectFrom('dead_letter_counts')
    .selectAll()
    .orderBy('stage')
    .orderBy('reason')
    .execute()
  return rows.map(({ stage, reason, received, dropped, replayed, discarded }) => ({
    stage,
    reason,
    received: Number(received),
    dropped: Number(dropped),
    replayed: Number(replayed),
    discarded: Number(discarded),
  }))
}

function letterOf(row: DeadLetterTable): StoredLetter {
  const { id, time, stage, reason, detail, sample, host_id: host, source } = row
  return {
    id,
    time,
    stage,
    reason,
    detail,
    sample,
    ...(host !== null && { host_id: host }),
    // Written by insertLetter.
    ...(source !== null && { source: JSON.parse(source) as LetterSource }),
  }
}
