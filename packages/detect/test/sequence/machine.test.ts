import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type SequenceOffer,
  type SequenceOptions,
  SequenceMachine,
} from '../../src/sequence/machine.ts'
import { type Dice, dice } from '../dice.ts'
import { findSequences, type TestEvent, type TestSequence } from './naive.ts'

type Machine = SequenceMachine<number, string>
type Told = (number | undefined)[]
type Options = Partial<SequenceOptions<number>>

function machineOf(sequence: TestSequence, told: Told[], options: Options = {}): Machine {
  const { missing, spanMs } = sequence
  const steps = missing.map((isMissing) => ({ missing: isMissing }))
  return new SequenceMachine<number, string>(
    { steps, ...(spanMs === undefined ? {} : { spanMs }) },
    { complete: ({ evidence }) => told.push([...evidence]), ...options },
  )
}

function offerOf({ id, timeMs, holds, keys }: TestEvent): SequenceOffer<number, string> {
  return {
    scope: 'mac',
    timeMs,
    steps: holds.flatMap((isHeld, step) => (isHeld ? [step] : [])),
    keyOf: (step) => keys[step],
    verify: () => true,
    evidence: () => id,
    remember: () => undefined,
  }
}

/** Events as text: `2:ab` is an event at 2 ms for which the steps a (the first) and b hold. */
function stream(text: string, steps: number): readonly TestEvent[] {
  return text.split(' ').map((word, id) => {
    const [time = '', letters = ''] = word.split(':')
    const holds = Array.from({ length: steps }, (_, step) =>
      letters.includes(String.fromCharCode(97 + step)),
    )
    return { id, timeMs: Number(time), holds, keys: holds.map(() => '') }
  })
}

function run(
  machine: Machine,
  events: readonly TestEvent[],
  { until = events.at(-1)?.timeMs ?? 0 }: { until?: number } = {},
): void {
  for (const event of events) {
    machine.advance('mac', event.timeMs)
    machine.offer(offerOf(event))
  }
  machine.advance('mac', until)
}

const END = { until: Number.POSITIVE_INFINITY }
const shape = (text: string, spanMs?: number): TestSequence => ({
  missing: text.split(' ').map((step) => step === '!'),
  spanMs,
  until: false,
})

const cases = [
  {
    name: 'an event fills one step of a partial',
    of: shape('+ +'),
    events: '1:ab 2:ab 3:ab',
    want: [
      [0, 1],
      [1, 2],
    ],
  },
  {
    name: 'a newer first event takes the place',
    of: shape('+ +'),
    events: '1:a 2:a 3:b',
    want: [[1, 2]],
  },
  {
    name: 'the last edge of the span is in it',
    of: shape('+ +', 5),
    events: '1:a 6:b',
    want: [[0, 1]],
  },
  { name: 'past the span nothing is found', of: shape('+ +', 5), events: '1:a 7:b', want: [] },
  {
    name: 'equal times count in the order they come',
    of: shape('+ +', 5),
    events: '1:b 1:a 1:b',
    want: [[1, 2]],
  },
  {
    name: 'what must not come in between',
    of: shape('+ ! +', 9),
    events: '1:a 2:b 3:c 4:a 5:c',
    want: [[3, undefined, 4]],
  },
  {
    name: 'the event of the next step does not forbid itself',
    of: shape('+ ! +', 9),
    events: '1:a 2:bc',
    want: [[0, undefined, 1]],
  },
  {
    name: 'what must not come before',
    of: shape('! +', 3),
    events: '1:a 4:b 5:b',
    want: [[undefined, 2]],
  },
  {
    name: 'what must not come after',
    of: shape('+ !', 3),
    events: '1:a 4:b 5:a',
    want: [[2, undefined]],
  },
  {
    name: 'every first event waits for its own end',
    of: shape('+ !', 3),
    events: '1:a 2:a 6:b',
    want: [
      [0, undefined],
      [1, undefined],
    ],
  },
  {
    name: 'at both ends, one alone spoils nothing',
    of: shape('! + !', 5),
    events: '1:a 2:b 9:b 10:c',
    want: [
      [undefined, 1, undefined],
      [undefined, 2, undefined],
    ],
  },
  {
    name: 'at both ends, two within the span do',
    of: shape('! + !', 5),
    events: '1:a 2:b 6:c',
    want: [],
  },
]
for (const { name, of, events, want } of cases) {
  test(`sequence: ${name}`, () => {
    const told: Told[] = []
    const machine = machineOf(of, told)
    run(machine, stream(events, of.missing.length), END)
    deepEqual(told, want)
    equal(machine.counts().open, of.spanMs === undefined ? machine.counts().open : 0)
  })
}

test('sequence: what must not come after is decided when its time is over, not before', () => {
  const told: Told[] = []
  const machine = machineOf(shape('+ !', 3), told)
  run(machine, stream('1:a', 2), { until: 4 })
  deepEqual(told, [])
  machine.advance('mac', 4.001)
  deepEqual(told, [[0, undefined]])
})

test('sequence: until ends what is open, and not what it completes', () => {
  const told: Told[] = []
  const machine = machineOf({ ...shape('+ +'), until: true }, told)
  run(machine, stream('1:a 2:c 3:b 4:a 5:bc 6:b', 3))
  deepEqual(told, [[3, 4]])
  equal(machine.counts().open, 0)
})

test('sequence: a step that asks earlier events goes on only from what answers', () => {
  const told: Told[] = []
  const machine = machineOf(shape('+ +'), told)
  const [first, second] = stream('1:a 2:b', 2)
  ok(first !== undefined && second !== undefined)
  machine.offer({ ...offerOf(first), remember: () => '/tmp/x' })
  const asks = (path: string): SequenceOffer<number, string> => {
    return { ...offerOf(second), verify: (step, earlier) => step === 1 && earlier[0] === path }
  }
  machine.offer(asks('/tmp/y'))
  deepEqual(told, [])
  machine.offer(asks('/tmp/x'))
  deepEqual(told, [[0, 1]])
})

test('sequence: scopes never meet', () => {
  const told: Told[] = []
  const machine = machineOf(shape('+ +'), told)
  const [first, second] = stream('1:a 2:b', 2)
  ok(first !== undefined && second !== undefined)
  machine.offer(offerOf(first))
  machine.offer({ ...offerOf(second), scope: 'other' })
  deepEqual(told, [])
})

test('sequence: a late event joins nothing newer than it and displaces nothing', () => {
  const told: Told[] = []
  const machine = machineOf(shape('+ +'), told)
  for (const event of stream('5:a 3:b 4:a 6:b', 2)) machine.offer(offerOf(event))
  deepEqual(told, [[0, 3]])
})

test('sequence: with fork what was gone on from stays', () => {
  const told: Told[] = []
  const machine = new SequenceMachine<number, string>(
    { steps: [{ missing: false }, { missing: false, fork: true }, { missing: false }] },
    { complete: ({ evidence }) => told.push([...evidence]) },
  )
  run(machine, stream('1:a 2:b 3:c 4:b 5:c', 3))
  deepEqual(told, [
    [0, 1, 2],
    [0, 3, 4],
  ])
})

test('sequence: limits hold, count what they cost, and spare other scopes', () => {
  const told: Told[] = []
  const machine = machineOf(shape('+ +', 1_000), told, { scopeOpenMax: 3, openMax: 5 })
  const at = (id: number, scope: string): void => {
    const keys = [`${id}`, `${id % 10}`]
    machine.offer({ ...offerOf({ id, timeMs: id, holds: [id < 10, id > 9], keys }), scope })
  }
  for (let id = 0; id < 7; id += 1) at(id, 'loud')
  deepEqual([machine.counts().open, machine.counts().evicted], [3, 4])
  for (let id = 7; id < 10; id += 1) at(id, 'calm')
  deepEqual([machine.counts().open, machine.counts().evicted], [5, 5])
  at(17, 'calm')
  at(14, 'loud')
  at(16, 'loud')
  deepEqual(told, [
    [7, 17],
    [6, 16],
  ])
})

test('sequence: a shape that cannot be is refused', () => {
  throws(() => machineOf(shape('! !', 5), []), RangeError)
  throws(() => machineOf(shape('+ !'), []), RangeError)
})

function randomSequence(next: Dice): TestSequence {
  const missing = Array.from({ length: 1 + next(4) }, () => next(3) === 0)
  const needsSpan = missing.includes(true)
  if (!missing.includes(false)) missing[next(missing.length)] = false
  const spanMs = needsSpan || next(2) === 0 ? 1 + next(25) : undefined
  return { missing, spanMs, until: next(3) === 0 }
}

function randomEvents(next: Dice, steps: number): readonly TestEvent[] {
  let timeMs = 0
  return Array.from({ length: 60 }, (_, id) => {
    timeMs += next(4)
    const holds = Array.from(
      { length: steps + 1 },
      (__, step) => next(step === steps ? 9 : 3) === 0,
    )
    const keys = holds.map(() => ['a', 'b', undefined][next(8) === 0 ? 2 : next(2)])
    return { id, timeMs, holds, keys }
  })
}

for (const seed of [1, 20_261, 777]) {
  test(`sequence: finds what the full search finds, also over restarts, seed ${seed}`, () => {
    const next = dice(seed)
    let found = 0
    for (let round = 0; round < 400; round += 1) {
      const sequence = randomSequence(next)
      const events = randomEvents(next, sequence.missing.length).map((event) => ({
        ...event,
        holds: sequence.until ? event.holds : [...event.holds.slice(0, -1), false],
      }))
      const told: Told[] = []
      let machine = machineOf(sequence, told)
      for (const event of events) {
        if (next(2) === 0) machine.advance('mac', event.timeMs)
        machine.offer(offerOf(event))
        if (next(10) > 0) continue
        const state = JSON.stringify(machine.state())
        machine = machineOf(sequence, told)
        machine.restore(JSON.parse(state))
        equal(JSON.stringify(machine.state()), state)
      }
      machine.advance('mac', Number.POSITIVE_INFINITY)
      const want = findSequences(sequence, events)
      const have = told.map((each) => each.filter((id) => id !== undefined))
      const order = (a: readonly number[], b: readonly number[]): number =>
        (a.at(-1) ?? 0) - (b.at(-1) ?? 0)
      deepEqual(have.toSorted(order), want.toSorted(order), JSON.stringify(sequence))
      found += want.length
      const { open, openScopes, bytes } = machine.counts()
      if (sequence.spanMs !== undefined) deepEqual([open, openScopes, bytes], [0, 0, 0])
    }
    ok(found > 1_000, `${found} found`)
  })
}
