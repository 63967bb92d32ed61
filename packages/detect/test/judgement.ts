import { deepEqual, ok } from 'node:assert/strict'
import { FullScan } from '../src/full-scan.ts'
import { IndexedMatcher } from '../src/indexed-matcher.ts'
import type { MatcherOptions, RoutedFilter } from '../src/matcher.ts'

const LINE_BYTES_MAX = 128 * 1_024

/** What a comparison covered. */
export interface Judged {
  readonly pairs: number
  readonly matches: number
  /** Pairs that the fast matcher evaluated in full. */
  readonly evaluated: number
  /** Events that were matched as lines of JSON, too. */
  readonly lines: number
}

/** How a comparison is done and what a failure says. */
export interface JudgeOptions extends MatcherOptions {
  /** Said when the two differ, so that the failure can be repeated. */
  readonly label: string
  /** Compare the explanation of every match, too. Default true. */
  readonly explain?: boolean
}

/** Compares the fast matcher with the full scan on every event; throws where they differ. */
export function judge(
  filters: readonly RoutedFilter[],
  events: Iterable<object>,
  { label, explain = true, ...options }: JudgeOptions,
): Judged {
  const slow = new FullScan(filters, options)
  const fast = new IndexedMatcher(filters, options)
  // One buffer for all, as a reader of files has it.
  const lined = new IndexedMatcher(filters, options)
  const buffer = Buffer.alloc(LINE_BYTES_MAX, '"')
  let lines = 0
  let pairs = 0
  let matches = 0
  for (const event of events) {
    const wanted = slow.match(event)
    const got = fast.match(event)
    pairs += filters.length
    matches += wanted.length
    if (wanted.length !== got.length || wanted.some((index, at) => index !== got[at])) {
      fail(filters, { wanted, got, event, label })
    }
    const to = buffer.write(JSON.stringify(event))
    const found = to < LINE_BYTES_MAX ? lined.matchLine({ bytes: buffer, from: 0, to }) : undefined
    if (found !== undefined) {
      lines += 1
      const isSame = found.length === wanted.length && found.every((one, at) => one === wanted[at])
      if (!isSame) fail(filters, { wanted, got: found, event, label: `${label} as a line` })
    }
    if (!explain) continue
    for (const index of wanted) {
      const witnesses = slow.explain(index)
      deepEqual(fast.explain(index), witnesses, label)
      if (found !== undefined) deepEqual(lined.explain(index), witnesses, label)
    }
  }
  let evaluated = 0
  for (const index of filters.keys()) {
    const wanted = slow.counts(index)
    const got = fast.counts(index)
    deepEqual([got.matched, got.errored], [wanted.matched, wanted.errored], label)
    ok(got.evaluated <= wanted.evaluated, label)
    ok(got.evaluated >= got.matched, label)
    evaluated += got.evaluated
  }
  return { pairs, matches, evaluated, lines }
}

function fail(
  filters: readonly RoutedFilter[],
  { wanted, got, event, label }: { wanted: number[]; got: number[]; event: object; label: string },
): never {
  const index = wanted.find((one) => !got.includes(one)) ?? got.find((one) => !wanted.includes(one))
  const filter = index === undefined ? undefined : filters[index]
  const what = wanted.includes(index ?? -1) ? 'missed by the index' : 'found by the index alone'
  throw new Error(
    `${label}: filter ${index} ${what}\n${JSON.stringify(filter)}\non ${JSON.stringify(event)}`,
  )
}
