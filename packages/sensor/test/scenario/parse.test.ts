import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { parseScenario } from '@pomona/sensor'
import { seededRandom } from '../prng.ts'

const HEAD = [
  'id: one',
  'name: One',
  'description: A test.',
  'kind: benign',
  'variables:',
  '  file: {pick: [a, b]}',
  'steps:',
]

function problems(...lines: readonly string[]): readonly string[] {
  const read = parseScenario([...HEAD, ...lines].join('\n'), { path: 'one.yml' })
  return read.ok
    ? []
    : read.problems.map(({ path, line, message }) => `${path}:${line}: ${message}`)
}

test('scenario: a small file is read whole', () => {
  const read = parseScenario(
    [...HEAD, '  - after: 1s-2s', '    run: {args: "echo ${file}", for: 5ms}'].join('\n'),
    { path: 'one.yml' },
  )
  ok(read.ok)
  const { scenario } = read
  deepEqual([scenario.id, scenario.kind, scenario.user], ['one', 'benign', 'console'])
  const [step] = scenario.steps
  deepEqual(step?.after, { minNs: 1e9, maxNs: 2e9 })
  equal(step.line, 8)
  ok(step.action.kind === 'run')
  deepEqual(step.action.params['args'], ['echo', '${file}'])
})

const broken = [
  {
    name: 'a misspelt verb',
    lines: ['  - exce: {args: id}'],
    want: ['one.yml:8: There is no step `exce`; did you mean `exec`.'],
  },
  {
    name: 'a misspelt event type',
    lines: ['  - btm_launch_item_ad: {}'],
    want: ['one.yml:8: There is no step `btm_launch_item_ad`; did you mean `btm_launch_item_add`.'],
  },
  {
    name: 'a verb that is a property of every object',
    lines: ['  - constructor: {}'],
    want: ['one.yml:8: There is no step `constructor`.'],
  },
  {
    name: 'a misspelt parameter',
    lines: ['  - run: {args: id, parnet: zsh}'],
    want: ['one.yml:8: `run` has no `parnet`; did you mean `parent`.'],
  },
  {
    name: 'a missing parameter',
    lines: ['  - setmode: {by: zsh, mode: 1}'],
    want: ['one.yml:8: `setmode` needs `target`.'],
  },
  {
    name: 'an unknown process',
    lines: ['  - run: {parent: findr, args: id}'],
    want: ['one.yml:8: No process is called `findr`; did you mean `finder`.'],
  },
  {
    name: 'an unknown variable',
    lines: ['  - run: {args: "cat ${fil}"}'],
    want: ['one.yml:8: No variable is called `fil`; did you mean `file`.'],
  },
  {
    name: 'a span without unit',
    lines: ['  - wait: 5'],
    want: ['one.yml:8: A span is a text such as 200ms, 5s, 2m or 1s-4s.'],
  },
  {
    name: 'a quote left open',
    lines: [`  - run: {args: "echo 'a"}`],
    want: ['one.yml:8: A quote in `args` is not closed.'],
  },
  {
    name: 'two verbs in a step',
    lines: ['  - wait: 5s', '    exit: {process: zsh}'],
    want: ['one.yml:8: A step has exactly one verb beside `after` and `chance`.'],
  },
  {
    name: 'too many turns',
    lines: ['  - repeat: {count: 10001, steps: []}'],
    want: ['one.yml:8: `count` is a whole number up to 10000 or [min, max].'],
  },
  {
    name: 'every mistake at once',
    lines: ['  - run: {args: id, parent: nobody}', '  - exit: {}', '  - teleport: {}'],
    want: [
      'one.yml:8: No process is called `nobody`.',
      'one.yml:9: `exit` needs `process`.',
      'one.yml:10: There is no step `teleport`.',
    ],
  },
]
for (const { name, lines, want } of broken) {
  test(`scenario: names ${name} with its line`, () => deepEqual(problems(...lines), want))
}

test('scenario: a process that a later step starts is known', () => {
  deepEqual(
    problems(
      '  - repeat:',
      '      count: 2',
      '      steps:',
      '        - exec: {as: a, args: id}',
      '        - exit: {process: a}',
    ),
    [],
  )
})

test('scenario: what is no YAML gives one problem', () => {
  const read = parseScenario('id: [1\nname: x\n - y', { path: 'bad.yml' })
  ok(!read.ok)
  equal(read.problems.length, 1)
})

const SEED = 77
test(`scenario: damaged files never throw (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  const whole = [
    ...HEAD,
    '  - exec: {as: a, args: [id, "${file}"], env: {K: v}}',
    '  - save: {by: a, path: /tmp/x}',
    '  - repeat: {count: [1, 3], as: n, variables: {v: {hex: 4}}, steps: [{exit: {process: a}}]}',
  ].join('\n')
  const pieces = [
    '{',
    ']',
    ':',
    '&a ',
    '*a',
    '<<: ',
    '\n',
    '\t',
    '- ',
    '${',
    '__proto__: 1',
    '!!set ',
    '"',
    '\u0000',
    '? ',
    '1e999',
  ]
  for (let round = 0; round < 600; round++) {
    let text = whole
    for (let edit = 1 + random(5); edit > 0; edit--) {
      const at = random(text.length)
      text = text.slice(0, at) + (pieces[random(pieces.length)] ?? '') + text.slice(at + random(6))
    }
    const read = parseScenario(text, { path: 'fuzz.yml' })
    ok(read.ok || read.problems.length > 0, text)
  }
})
