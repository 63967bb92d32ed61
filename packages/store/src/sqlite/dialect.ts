import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'
import { databaseError, type DatabaseContext } from './database.ts'

const STATEMENTS_MAX = 256

/**
 * Kysely's SQLite dialect over `node:sqlite`: Kysely expects the shape of another driver.
 * Prepared statements are kept; whatever SQLite throws becomes a StoreError.
 */
export function nodeSqliteDialect(database: DatabaseSync, context: DatabaseContext): SqliteDialect {
  const statements = new Map<string, SqliteStatement>()
  const shaped: SqliteDatabase = {
    close: () => database.close(),
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known !== undefined) return known
      if (statements.size >= STATEMENTS_MAX) statements.clear()
      const fresh = coded(context, () => shape(database.prepare(sql), context))
      statements.set(sql, fresh)
      return fresh
    },
  }
  return new SqliteDialect({ database: shaped })
}

function shape(statement: StatementSync, context: DatabaseContext): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => coded(context, () => statement.all(...bound(parameters))),
    run: (parameters) => coded(context, () => statement.run(...bound(parameters))),
    iterate: (parameters) => statement.iterate(...bound(parameters)),
  }
}

function bound(parameters: readonly unknown[]): SQLInputValue[] {
  // Table types admit only text, numbers and null; SQLite itself refuses anything else.
  return parameters as SQLInputValue[]
}

function coded<T>(context: DatabaseContext, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw databaseError(error, context)
  }
}
