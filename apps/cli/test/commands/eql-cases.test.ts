/**
 * The public cases of EQL, through the code of `pomona eql`: endgame's queries, folds and
 * optimisations, and those Elasticsearch adds.
 */
import { deepEqual, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { compileEql, filterId, PlainNames } from '@pomona/rules'
import { parse } from 'smol-toml'
import { type Ran, runJson } from '../in-process.ts'

const SPEC = join(import.meta.dirname, '../../../../../shared/data/detection/eql-spec')
const skip = existsSync(SPEC) ? false : 'The cases are not at ../shared/data/detection/eql-spec'

// Cases that cannot pass, each with the reason; `docs/reference/eql.md` lists them too. One that
// starts to pass fails the test, so that it is taken off.
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    'customDateFormatAsKey_SameIndexResults',
    'two spellings of a day are one key: the index mapping of Elasticsearch says so',
  ],
  [
    'customDateFormatsAsKey_DifferentIndicesResults',
    'two spellings of a day are one key: the index mapping of Elasticsearch says so',
  ],
  [
    'customDateFormatsAsKey_DifferentKeyNames',
    'two spellings of a day are one key: the index mapping of Elasticsearch says so',
  ],
  [
    'optionalDefaultNullValueFieldEqualNull',
    'null stands for the text "NULL": the index mapping of Elasticsearch says so',
  ],
  [
    'optionalDefaultNullValueFieldEqualDefaultValue',
    'null stands for the text "NULL": the index mapping of Elasticsearch says so',
  ],
])

const eql = async (args: readonly string[]) => await runJson(['eql', ...args])

interface Case {
  readonly name: string
  readonly args: readonly string[]
  /** Any of these is right. */
  readonly wanted: readonly (readonly unknown[])[]
}

/** A case as the sets write it. */
interface QueryCase {
  readonly name?: string
  readonly query: string
  readonly case_sensitive?: boolean
  readonly expected_event_ids: readonly number[] | readonly (readonly number[])[]
}

const ENDGAME = join(SPEC, 'endgame')
const ELASTIC = join(SPEC, 'elasticsearch')

function queriesOf(path: string): readonly QueryCase[] {
  // The sets have this form throughout; one that has not fails its case.
  const { queries } = parse(readFileSync(path, 'utf8')) as unknown as { queries: QueryCase[] }
  return queries
}

function alternatives(ids: QueryCase['expected_event_ids']): readonly (readonly number[])[] {
  // A list of lists says that any of them is right.
  return ids.some((id) => Array.isArray(id))
    ? (ids as readonly (readonly number[])[])
    : [ids as readonly number[]]
}

interface CaseSet {
  readonly file: string
  readonly dialect: string
  readonly events: readonly string[]
  readonly idField: string
}

function casesOf({ file, dialect, events, idField }: CaseSet): readonly Case[] {
  return queriesOf(file).map((one, index) => ({
    name: `${one.name ?? `query ${index + 1}`}: ${one.query.trim().replaceAll(/\s+/g, ' ')}`,
    args: [
      one.query,
      ...['--dialect', dialect, '--id-field', idField],
      ...events.flatMap((path) => ['--events', path]),
      ...(dialect === 'endgame' && one.case_sensitive === true ? ['--case-sensitive'] : []),
    ],
    wanted: alternatives(one.expected_event_ids),
  }))
}

const SETS: readonly (CaseSet & { readonly title: string })[] = [
  {
    title: 'endgame',
    file: join(ENDGAME, 'test_queries.toml'),
    dialect: 'endgame',
    events: [join(ENDGAME, 'test_data.json')],
    idField: 'serial_event_id',
  },
  {
    title: 'elasticsearch, additional',
    file: join(ELASTIC, 'additional_test_queries.toml'),
    dialect: 'elasticsearch',
    events: [join(ENDGAME, 'test_data.json')],
    idField: 'serial_event_id',
  },
  {
    title: 'elasticsearch, missing events',
    file: join(ELASTIC, 'test_missing_events.toml'),
    dialect: 'elasticsearch',
    events: [join(ELASTIC, 'data/missing-events.json')],
    idField: 'sequence',
  },
  {
    title: 'elasticsearch, samples',
    file: join(ELASTIC, 'test_sample.toml'),
    dialect: 'elasticsearch',
    events: ['sample1', 'sample2', 'sample3'].map((name) => join(ELASTIC, `data/${name}.json`)),
    idField: 'id',
  },
  {
    title: 'elasticsearch, extra',
    file: join(ELASTIC, 'test_extra.toml'),
    dialect: 'elasticsearch',
    events: [join(ELASTIC, 'data/extra.json')],
    idField: 'sequence',
  },
]

async function checkCase({ args, wanted }: Case): Promise<void> {
  const { code, results, said } = await eql(args)
  ok(code === 0, said)
  const ids = results.flat()
  if (wanted.some((one) => JSON.stringify(one) === JSON.stringify(ids))) return
  deepEqual(ids, wanted[0])
}

async function checkUnlessExcepted(t: TestContext, name: string, check: () => Promise<void>) {
  const reason = EXCEPTIONS.get(name)
  if (reason === undefined) return check()
  let passes = true
  try {
    await check()
  } catch {
    passes = false
  }
  ok(!passes, `${name} passes now: take it off the list of exceptions, and off the docs`)
  t.diagnostic(`cannot pass: ${reason}`)
  return undefined
}

for (const set of SETS) {
  if (skip !== false) {
    test(`eql, ${set.title}: every case`, { skip }, () => undefined)
    continue
  }
  for (const one of casesOf(set)) {
    test(`eql, ${set.title}: ${one.name}`, (t) =>
      checkUnlessExcepted(t, one.name.split(': ')[0] ?? '', () => checkCase(one)))
  }
}

interface FoldCase {
  readonly expression: string
  /** Null when absent. */
  readonly expected?: string | number | boolean
}

interface FoldGroup {
  readonly case_sensitive?: boolean
  readonly fold?: { readonly tests: readonly FoldCase[] }
  readonly tests?: readonly FoldCase[]
  readonly verifier?: { readonly failures: readonly FoldCase[] }
  readonly loop?: readonly FoldLoop[]
}

interface FoldLoop {
  readonly param: { readonly name: string; readonly type: readonly string[] }
  readonly fold: { readonly tests: readonly FoldCase[] }
}

const LOOP_VALUES: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int: ['1', '0'],
  string: ['"x"', '""'],
  float: ['1.5'],
  null: ['null'],
}

function groupsOf(name: string): readonly (readonly [string, FoldGroup])[] {
  // The sets have this form throughout; one that has not fails its case.
  const groups = parse(readFileSync(join(ENDGAME, name), 'utf8')) as unknown
  return Object.entries(groups as Record<string, FoldGroup>) // A table of tables.
}

function foldsOf({ fold, tests, loop }: FoldGroup): readonly FoldCase[] {
  const looped = (loop ?? []).flatMap(({ param, fold: { tests: inner } }) =>
    param.type.flatMap((type) =>
      (LOOP_VALUES[type] ?? []).flatMap((value) =>
        inner.map((one) => ({
          ...one,
          expression: one.expression.replaceAll(`$${param.name}`, value),
        })),
      ),
    ),
  )
  return [...(fold?.tests ?? []), ...(tests ?? []), ...looped]
}

/** Few events: a condition without fields holds for all of them, or for none. */
const EVENTS_SMALL = ['--events', join(ELASTIC, 'data/extra.json'), '--id-field', 'sequence']
const SMALL_IDS = [1, 2, 3, 1, 2, 3, 4, 5, 6]

function literal(value: FoldCase['expected']): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}

for (const file of skip === false ? ['test_folding.toml', 'test_string_functions.toml'] : []) {
  for (const [name, group] of groupsOf(file)) {
    const sensitive = group.case_sensitive === true ? ['--case-sensitive'] : []
    const ask = (condition: string): Promise<Ran> =>
      eql([`any where ${condition}`, '--dialect', 'endgame', ...EVENTS_SMALL, ...sensitive])
    for (const { expression, expected } of foldsOf(group)) {
      test(`eql, ${name}: ${expression} is ${literal(expected)}`, async () => {
        const { code, results, said } = await ask(`(${expression}) == ${literal(expected)}`)
        ok(code === 0, said)
        deepEqual(results, SMALL_IDS)
        if (expected === undefined) return
        deepEqual((await ask(`(${expression}) != ${literal(expected)}`)).results, [])
      })
    }
    for (const { expression } of group.verifier?.failures ?? []) {
      test(`eql, ${name}: ${expression} is refused`, async () => {
        const { code, said } = await ask(`(${expression}) == null`)
        deepEqual(code, 1)
        ok(said.includes('ERR_RULE_OPERANDS'), said)
      })
    }
  }
}

interface OptimizerGroup {
  readonly optimizer?: {
    readonly tests: readonly { readonly expression: string; readonly optimized: string }[]
  }
  readonly equivalent?: {
    readonly tests: readonly { readonly expression: string; readonly alternate: string }[]
  }
}

function idOf(condition: string): string {
  const compiled = compileEql(`any where ${condition}`, {
    dialect: 'endgame',
    names: new PlainNames('event_type', { folded: true }),
    report: (code, message) => {
      throw new Error(`${code} ${message}`)
    },
    place: () => ({ line: 1, column: 1 }),
  })
  if (compiled?.body.kind !== 'event') throw new Error('one event is asked for')
  return filterId(compiled.body)
}

for (const [name, group] of skip === false ? groupsOf('test_optimizer.toml') : []) {
  const { optimizer, equivalent } = group as OptimizerGroup // Another set of the same form.
  const pairs = [
    ...(optimizer?.tests ?? []).map(({ expression, optimized }) => [expression, optimized]),
    ...(equivalent?.tests ?? []).map(({ expression, alternate }) => [expression, alternate]),
  ]
  for (const [expression = '', other = ''] of pairs) {
    test(`eql, optimizer, ${name}: ${expression} is ${other}`, () => {
      deepEqual(idOf(expression), idOf(other))
    })
  }
}
