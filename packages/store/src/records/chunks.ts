// A bound on parameters of one statement; SQLite takes 32,766, PostgreSQL 65,535.
const ROWS_PER_STATEMENT = 500

/** Cuts a list into parts that one statement can take. */
export function chunks<T>(items: readonly T[]): T[][] {
  const groups: T[][] = []
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    groups.push(items.slice(start, start + ROWS_PER_STATEMENT))
  }
  return groups
}
