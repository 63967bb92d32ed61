/** A table of TOML. */
export type TomlTable = Readonly<Record<string, unknown>>

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueAt(table: TomlTable, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** The table under a key. */
export function tableOf(table: TomlTable, key: string): TomlTable | undefined {
  const value = valueAt(table, key)
  return isTable(value) ? value : undefined
}

/** The tables under a key, in order; none when it is no list. */
export function tablesOf(table: TomlTable, key: string): readonly TomlTable[] {
  const value = valueAt(table, key)
  return Array.isArray(value) ? value.filter(isTable) : []
}

/** The text under a key. */
export function textAt(table: TomlTable, key: string): string | undefined {
  const value = valueAt(table, key)
  return typeof value === 'string' ? value : undefined
}

/** The texts under a key: one, or a list of them. */
export function textsAt(table: TomlTable, key: string): readonly string[] {
  const value = valueAt(table, key)
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.filter((item) => typeof item === 'string')
}

/** The number under a key. */
export function numberAt(table: TomlTable, key: string): number | undefined {
  const value = valueAt(table, key)
  return typeof value === 'number' ? value : undefined
}
