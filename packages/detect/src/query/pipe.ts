import { assertNever, type Formula, type Pipe } from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'
import { EventView } from '../event-view.ts'
import { foldCase } from '../fold.ts'
import { compileFormula } from '../formula/compile.ts'
import { compareKeys } from './event-order.ts'
import type { PipedRow } from './row.ts'

const HOST = fieldPath('hostname')

/** Does with the results of a query what its pipes say, one after the other. */
export function applyPipes(rows: readonly PipedRow[], pipes: readonly Pipe[]): readonly PipedRow[] {
  let piped = rows
  for (const pipe of pipes) piped = applyPipe(piped, pipe)
  return piped
}

function applyPipe(rows: readonly PipedRow[], pipe: Pipe): readonly PipedRow[] {
  switch (pipe.kind) {
    case 'head':
      return rows.slice(0, pipe.count)
    case 'tail':
      return rows.slice(-pipe.count)
    case 'filter': {
      const holds = reader(pipe.condition, ({ truth }) => truth)
      return rows.filter((row) => holds(row) === true)
    }
    case 'unique': {
      const keyOf = keyReader(pipe.keys)
      const seen = new Set<string>()
      return rows.filter((row) => {
        const key = JSON.stringify(keyOf(row))
        if (seen.has(key)) return false
        seen.add(key)
        return true
      })
    }
    case 'sort': {
      const keyOf = keyReader(pipe.keys)
      const keyed = rows.map((row) => ({ row, key: keyOf(row) }))
      return keyed.toSorted((a, b) => compareParts(a.key, b.key)).map(({ row }) => row)
    }
    case 'unique_count':
      return counted(rows, pipe.keys).map(({ row, facts }) => {
        const [first, ...rest] = row.documents
        return { ...row, documents: [{ ...first, ...facts }, ...rest] }
      })
    case 'count':
      return summaries(rows, pipe.keys)
    default:
      return assertNever(pipe)
  }
}

type Compiled = ReturnType<typeof compileFormula>

/** Reads a formula off rows: fields without a step are those of the first event. */
function reader<Value>(
  formula: Formula,
  pick: (compiled: Compiled) => (view: EventView) => Value,
): (row: PipedRow) => Value {
  const view = new EventView('literal')
  const compute = pick(compileFormula(formula, view))
  return ({ documents }) => {
    view.turnTo(documents[0] ?? {})
    view.lookBack((step, index) => view.valueIn(documents[step] ?? {}, index))
    return compute(view)
  }
}

function keyReader(keys: readonly Formula[]): (row: PipedRow) => readonly unknown[] {
  const readers = keys.map((key) => reader(key, ({ value }) => value))
  return (row) => readers.map((read) => folded(read(row)))
}

function folded(value: unknown): unknown {
  return typeof value === 'string' ? foldCase(value) : value
}

function compareParts(left: readonly unknown[], right: readonly unknown[]): number {
  for (const [index, part] of left.entries()) {
    const order = compareKeys(part, right[index])
    if (order !== 0) return order
  }
  return 0
}

interface Counted {
  readonly row: PipedRow
  readonly key: readonly unknown[]
  readonly facts: Readonly<Record<string, unknown>>
}

/** How often each key came, by the first row that had it. */
function counted(rows: readonly PipedRow[], keys: readonly Formula[]): readonly Counted[] {
  const keyOf = keyReader(keys)
  const groups = new Map<string, { row: PipedRow; key: readonly unknown[]; rows: PipedRow[] }>()
  for (const row of rows) {
    const key = keyOf(row)
    const text = JSON.stringify(key)
    const group = groups.get(text) ?? { row, key, rows: [] }
    groups.set(text, group)
    group.rows.push(row)
  }
  return [...groups.values()].map((group) => {
    const { row, key } = group
    const count = group.rows.length
    return { row, key, facts: { count, percent: count / rows.length, ...hostsOf(group.rows) } }
  })
}

function hostsOf(rows: readonly PipedRow[]): Readonly<Record<string, unknown>> {
  const hosts = new Set<string>()
  for (const { documents } of rows) {
    const host = fieldValue(documents[0] ?? {}, HOST)
    if (typeof host === 'string') hosts.add(host)
  }
  return hosts.size === 0 ? {} : { total_hosts: hosts.size, hosts: [...hosts].toSorted() }
}

function summaries(rows: readonly PipedRow[], keys: readonly Formula[]): readonly PipedRow[] {
  if (keys.length === 0) {
    const summary = { key: 'totals', count: rows.length, ...hostsOf(rows) }
    return [{ events: [], documents: [summary], summary }]
  }
  // The key is shown as its first event has it; case does not make another key.
  const readers = keys.map((key) => reader(key, ({ value }) => value))
  return counted(rows, keys)
    .toSorted((a, b) => {
      return Number(a.facts['count']) - Number(b.facts['count']) || compareParts(a.key, b.key)
    })
    .map(({ row, facts }) => {
      const parts = readers.map((read) => read(row))
      const summary = { key: parts.length === 1 ? parts[0] : parts, ...facts }
      return { events: [], documents: [summary], summary }
    })
}
