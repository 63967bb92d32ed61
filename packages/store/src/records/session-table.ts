import type { Kysely } from 'kysely'
import { StoreError } from '../errors.ts'
import type { Session, User } from './records.ts'
import type { RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>

/** Users by name; only the one of a name when given. */
export async function selectUsers(database: Database, name?: string): Promise<readonly User[]> {
  let query = database.selectFrom('users').selectAll()
  if (name !== undefined) query = query.where('name', '=', name)
  return (await query.orderBy('name').execute()).map(userOf)
}

/** @throws StoreError ERR_RECORD_EXISTS when the name is taken. */
export async function insertUser(
  database: Database,
  { id, name, role, passwordHash }: User,
): Promise<void> {
  const added = await database
    .insertInto('users')
    .values({ id, name, role, password_hash: passwordHash })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  if (added.length > 0) return
  throw new StoreError('ERR_RECORD_EXISTS', `The name “${name}” is taken.`)
}

/** Stores a session, or replaces the one with its hash. */
export async function upsertSession(
  database: Database,
  { tokenHash, userId, created, expires }: Session,
): Promise<void> {
  const row = { user_id: userId, created, expires }
  await database
    .insertInto('sessions')
    .values({ token_hash: tokenHash, ...row })
    .onConflict((conflict) => conflict.column('token_hash').doUpdateSet(row))
    .execute()
}

/** A session that is not over, with its user. */
export async function selectSession(
  database: Database,
  { tokenHash, now }: { readonly tokenHash: string; readonly now: string },
): Promise<{ session: Session; user: User } | undefined> {
  const row = await database
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .where('expires', '>', now)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { created, expires } = row
  return { session: { tokenHash, userId: row.user_id, created, expires }, user: userOf(row) }
}

/** Moves the end of a session. */
export async function updateSession(
  database: Database,
  { tokenHash, expires }: Pick<Session, 'tokenHash' | 'expires'>,
): Promise<void> {
  const change = database.updateTable('sessions').set({ expires })
  await change.where('token_hash', '=', tokenHash).execute()
}

/** Ends a session. */
export async function deleteSession(database: Database, tokenHash: string): Promise<void> {
  await database.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute()
}

/** Forgets the sessions that are over. @returns How many. */
export async function deleteExpiredSessions(database: Database, now: string): Promise<number> {
  const removed = await database
    .deleteFrom('sessions')
    .where('expires', '<=', now)
    .returning('token_hash')
    .execute()
  return removed.length
}

function userOf(row: RecordTables['users']): User {
  return { id: row.id, name: row.name, role: row.role, passwordHash: row.password_hash }
}
