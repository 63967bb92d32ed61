import { compileEql, type CompiledEql, type EqlDialect, PlainNames } from '../../src/index.ts'

/** A problem as tests look at it: code, and where in the text. */
export interface Found {
  readonly code: string
  readonly offset: number
  readonly message: string
}

/** Compiles a query with names as written; categories are values of `event.category`. */
export function compiled(
  text: string,
  dialect: EqlDialect = 'endpoint',
): { readonly query: CompiledEql | undefined; readonly problems: readonly Found[] } {
  const problems: Found[] = []
  const query = compileEql(text, {
    dialect,
    names: new PlainNames('event.category', { folded: dialect === 'endgame' }),
    report: (code, message, { offset, nearest }) =>
      problems.push({ code, offset, message: nearest ? `${message} ${nearest}` : message }),
    place: (offset) => ({ line: 1, column: offset + 1 }),
  })
  return { query, problems }
}

/** Compiles a query that has nothing wrong. */
export function compiledClean(text: string, dialect?: EqlDialect): CompiledEql {
  const { query, problems } = compiled(text, dialect)
  if (query === undefined || problems.length > 0) throw new Error(JSON.stringify(problems))
  return query
}
