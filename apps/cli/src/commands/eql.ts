import {
  CATEGORY_FIELDS,
  evaluateQuery,
  QUERY_FIELDS,
  type QueryFields,
  type QueryRow,
} from '@pomona/detect'
import {
  type CompiledEql,
  compileEql,
  EQL_DIALECTS,
  type EqlDialect,
  isFatal,
  nearestName,
  PlainNames,
  type RuleProblem,
} from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'
import { type Command, EXIT, type Input } from '../command-line.ts'
import { readEvents } from '../events.ts'
import { wrongUse } from '../errors.ts'
import { printable } from '../printable.ts'

/** Shown in place of an event that must not have come, as Elasticsearch's own tests do. */
const MISSING = -1
const ID_FIELDS: Readonly<Record<EqlDialect, string>> = {
  elasticsearch: 'event.id',
  endpoint: 'event.id',
  endgame: 'serial_event_id',
}

/** `pomona eql`: one query over a file of events. */
export const eqlCommand: Command = {
  name: 'eql',
  summary: 'Evaluate a query in EQL on a file of events and print the ids of those it finds.',
  operands: 'QUERY',
  options: {
    events: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      description: 'JSON lines, or one JSON array; .gz, .zst too. More may follow it.',
    },
    dialect: {
      type: 'string',
      value: EQL_DIALECTS.join('|'),
      description: 'Which EQL the query is written in. Default endpoint.',
    },
    'id-field': {
      type: 'string',
      value: 'F',
      description: 'Field printed for an event. Default event.id; endgame: serial_event_id.',
    },
    'event-category-field': {
      type: 'string',
      value: 'F',
      description: 'Field of the category. Default event.category, or event_type.',
    },
    'timestamp-field': {
      type: 'string',
      value: 'F',
      description: 'Field of the time. Default @timestamp, or timestamp.',
    },
    'tiebreaker-field': {
      type: 'string',
      value: 'F',
      description: 'Orders events of one time. Default event.sequence, sequence, serial_event_id.',
    },
    'case-sensitive': {
      type: 'boolean',
      description: 'Of the endgame dialect: compare texts as they are.',
    },
    json: { type: 'boolean', description: 'One JSON value a result: an id, or a list of ids.' },
  },
  notes: [
    'Single events are printed in order of time, sequences in order of their last event, samples in order of their keys; -1 stands for an event that must not come.',
    'Times are RFC 3339, milliseconds since 1970, or 100-nanosecond intervals since 1601. Exit code 1 when the query cannot be compiled; its problems are told with line and column.',
  ],
  async run(input, { output, say }) {
    const query = queryOf(input)
    const dialect = dialectOf(input)
    const paths = input.texts('events')
    if (paths.length === 0) throw wrongUse('--events is missing.')
    const caseSensitive = input.flag('case-sensitive')
    if (caseSensitive && dialect !== 'endgame') {
      throw wrongUse('--case-sensitive is for the endgame dialect; the others have operators.')
    }
    const events = await readEvents(paths)
    const categoryField = input.text('event-category-field') ?? categoryOf(events, dialect)
    const { compiled, problems } = compile(query, { dialect, categoryField, caseSensitive })
    for (const { code, line, column, message } of problems) {
      say(`${line}:${column}: ${code} ${printable(message, 400)}`)
    }
    if (compiled === undefined || problems.some(isFatal)) return EXIT.failed
    const rows = evaluateQuery(compiled, events, { dialect, fields: fieldsOf(input, dialect) })
    const idPath = input.text('id-field') ?? ID_FIELDS[dialect]
    const asJson = input.flag('json')
    for (const row of rows) {
      const shown = idsOf(row, events, { isSingle: compiled.body.kind === 'event', idPath })
      if (asJson) output.line(JSON.stringify(shown))
      else output.line(lineOf(shown))
    }
    await output.drain()
    say(`${rows.length} results in ${events.length} events.`)
    return EXIT.done
  },
}

function queryOf({ operands }: Input): string {
  const [query, ...rest] = operands
  if (query === undefined) throw wrongUse('The query is missing.')
  if (rest.length > 0) throw wrongUse('The query is one argument: put it in quotes.')
  return query
}

function dialectOf(input: Input): EqlDialect {
  const text = input.text('dialect') ?? 'endpoint'
  const dialect = EQL_DIALECTS.find((one) => one === text)
  if (dialect !== undefined) return dialect
  const nearest = nearestName(text, EQL_DIALECTS)
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  throw wrongUse(`--dialect is ${EQL_DIALECTS.join(', ')}, not "${text}".${hint}`)
}

/** The first of the usual fields that any event has. */
function categoryOf(events: readonly object[], dialect: EqlDialect): string {
  const [first = '', ...others] = CATEGORY_FIELDS[dialect]
  return [first, ...others].find((field) => events.some((event) => has(event, field))) ?? first
}

function valueOf(event: object, field: string): unknown {
  if (!Object.hasOwn(event, field)) return fieldValue(event, fieldPath(field))
  return (event as Readonly<Record<string, unknown>>)[field] // An own key, checked before.
}

function has(event: object, field: string): boolean {
  const value = valueOf(event, field)
  return value !== undefined && value !== null
}

function fieldsOf(input: Input, dialect: EqlDialect): Partial<QueryFields> {
  const timestamp = input.text('timestamp-field')
  const tiebreaker = input.text('tiebreaker-field')
  return {
    ...QUERY_FIELDS[dialect],
    ...(timestamp === undefined ? {} : { timestamp: [timestamp] }),
    ...(tiebreaker === undefined ? {} : { tiebreaker: [tiebreaker] }),
  }
}

interface CompileOptions {
  readonly dialect: EqlDialect
  readonly categoryField: string
  readonly caseSensitive: boolean
}

function compile(
  query: string,
  { dialect, categoryField, caseSensitive }: CompileOptions,
): { readonly compiled: CompiledEql | undefined; readonly problems: readonly RuleProblem[] } {
  const problems: RuleProblem[] = []
  const place = (offset: number) => {
    const before = query.slice(0, offset).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
  const folded = dialect === 'endgame' && !caseSensitive
  const compiled = compileEql(query, {
    dialect,
    names: new PlainNames(categoryField, { folded }),
    report: (code, message, { offset, nearest }) => {
      const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
      problems.push({ code, message: message + hint, path: 'query', ...place(offset) })
    },
    place,
    caseSensitive,
  })
  return { compiled, problems }
}

interface ShownAs {
  readonly isSingle: boolean
  readonly idPath: string
}

/** What is printed of a result: an id, a list of ids, or what `count` says. */
function idsOf(
  { events: places, summary }: QueryRow,
  events: readonly object[],
  { isSingle, idPath }: ShownAs,
): unknown {
  if (summary !== undefined) return summary
  const ids = places.map((place) => {
    if (place === undefined) return MISSING
    return valueOf(events[place] ?? {}, idPath) ?? null
  })
  return isSingle ? ids[0] : ids
}

function lineOf(shown: unknown): string {
  const text = (one: unknown): string => (typeof one === 'string' ? one : JSON.stringify(one))
  return printable(Array.isArray(shown) ? shown.map(text).join(' ') : text(shown), 4_000)
}
