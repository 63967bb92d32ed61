/** What an event costs with ten times as many rules. */
import { deepEqual } from 'node:assert/strict'
import { IndexedMatcher } from '../packages/detect/src/indexed-matcher.ts'
import type { RoutedFilter } from '../packages/detect/src/matcher.ts'
import { sigmaFilters, wordsVaried } from './filters.ts'
import { HAS_LANES, type Lane, lanes } from './lanes.ts'
import { median, type Report, shown, threadUs } from './measurement.ts'

const RULES = [1_000, 10_000] as const
const VARIANTS = 9
const EVENTS = 3_000
const ROUNDS = 7
/** Parsed and matched in turns, so that events are as fresh in memory as in use. */
const TURN_EVENTS = 50
/** Rules that hold for more events than this would hold ten times over: that is no search. */
const MATCHES_SHARE_MAX = 0.01

const LANES: ReadonlySet<string> = new Set(['macos_process', 'structured_windows', 'raw_windows'])

/** Rules of which every variant is another rule, and which are looked for, not always found. */
function chosen(filters: readonly RoutedFilter[], events: readonly object[]): RoutedFilter[] {
  const matcher = new IndexedMatcher(filters, { lookup: 'literal' })
  for (const event of events) matcher.match(event)
  return filters
    .filter((filter, index) => {
      const isRare = matcher.counts(index).matched <= events.length * MATCHES_SHARE_MAX
      return isRare && JSON.stringify(filter) !== JSON.stringify(wordsVaried(filter, 1))
    })
    .slice(0, RULES[0])
}

/** Microseconds of processor time an event. */
function cost(matcher: IndexedMatcher, lines: readonly string[]): number {
  let us = 0
  for (let from = 0; from < lines.length; from += TURN_EVENTS) {
    const events = lines.slice(from, from + TURN_EVENTS).map((line): object => JSON.parse(line))
    const startedUs = threadUs()
    for (const event of events) matcher.match(event)
    us += threadUs() - startedUs
  }
  return us / lines.length
}

function rowsOf({ name, lines }: Lane, all: readonly RoutedFilter[]): (readonly string[])[] {
  const sample = lines.slice(0, EVENTS)
  const events = sample.map((line): object => JSON.parse(line))
  const few = chosen(all, events)
  const copies = Array.from({ length: VARIANTS }, (_, turn) => {
    return few.map((filter) => wordsVaried(filter, turn + 1))
  })
  const many = [...few, ...copies.flat()]
  const found = (filters: readonly RoutedFilter[]): readonly number[][] => {
    const matcher = new IndexedMatcher(filters, { lookup: 'literal' })
    return events.map((event) => matcher.match(event).filter((index) => index < few.length))
  }
  deepEqual(found(many), found(few))
  return [undefined, 0].map((valuesMax) => {
    const options = {
      lookup: 'literal',
      ...(valuesMax === undefined ? {} : { valuesMax }),
    } as const
    const matchers = [few, many].map((filters) => new IndexedMatcher(filters, options))
    const rounds = Array.from({ length: ROUNDS }, () => {
      return matchers.map((matcher) => cost(matcher, sample))
    })
    const [small, large] = [0, 1].map((at) => median(rounds.map((round) => round[at] ?? 0)))
    return [
      name,
      valuesMax === 0 ? 'no' : 'yes',
      shown(few.length),
      shown(small ?? 0, 2),
      shown(many.length),
      shown(large ?? 0, 2),
      ((large ?? 0) / (small ?? 1)).toFixed(2),
    ]
  })
}

/** Measures both. */
export async function bench(): Promise<Report> {
  const filters = HAS_LANES ? sigmaFilters() : []
  const chosenLanes = HAS_LANES ? (await lanes()).filter(({ name }) => LANES.has(name)) : []
  return {
    title: 'Ten times as many rules',
    notes: [
      `Processor time of one thread in \`IndexedMatcher.match\` for an event already parsed, ${shown(EVENTS)} different ` +
        `events of a lane, rules not routed. Median of ${ROUNDS} rounds, both sizes in turns.`,
      `The rules are real ones of SigmaHQ and, for the tenfold, ${VARIANTS} mechanical variations of each: in every word of four ` +
        `letters or more that fewer than one rule in fifty uses, letters are exchanged, vowels for vowels. Common words, signs, ` +
        `numbers, field names and expressions stay, so variations look at the same fields and share what public rules share. ` +
        `Left out are rules without such a word, and rules that hold for more than one event in a hundred of the lane: ` +
        `ten copies of them would be found ten times. The first thousand rules match the same events in both sizes; checked first.`,
      `"Remembered": with and without what the matcher keeps of values that come again (\`valuesMax\`).`,
      ...(HAS_LANES ? [] : ['Not run: the public rules are not beside the checkout.']),
    ],
    columns: ['lane', 'remembered', 'rules', 'µs an event', 'rules', 'µs an event', 'ratio'],
    rows: chosenLanes.flatMap((lane) => rowsOf(lane, filters)),
  }
}
