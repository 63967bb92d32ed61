import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { IndexedMatcher } from '../../src/indexed-matcher.ts'
import { load } from '../sigma.ts'

const cases = [
  {
    name: 'the rarest part of an AND',
    detection: "s:\n  a|endswith: '/x'\n  b|contains: 'a long and rare text'\ncondition: s",
    tried: [{ b: 'a long and rare text' }],
    spared: [{ a: '/x' }, { a: '/x', b: 'a long' }],
  },
  {
    name: 'every part of an OR',
    detection: 's:\n  a: one\nt:\n  b|startswith: two\ncondition: s or t',
    tried: [{ a: 'ONE' }, { b: 'twofold' }],
    spared: [{ a: 'two', b: 'one' }, {}],
  },
  {
    name: 'nothing of a NOT',
    detection: 's:\n  a: one\nt:\n  b: two\ncondition: not s and not t',
    tried: [{}, { a: 'one' }],
    spared: [],
  },
  {
    name: 'being there, where what is asked of the value is no text',
    detection: 's:\n  a|cidr: 10.0.0.0/8\ncondition: s',
    tried: [{ a: 'x' }, { a: [] }],
    spared: [{}, { b: '10.0.0.1' }],
  },
  {
    name: 'not being absent is being there',
    detection: 's:\n  a: null\ncondition: not s',
    tried: [{ a: 'x' }, { a: null }],
    spared: [{}, { b: 1 }],
  },
  {
    name: 'a text an expression needs, in every case of its letters',
    detection: "s:\n  a|re|i: 'power(shell|cat)'\ncondition: s",
    tried: [{ a: 'PowerShell' }, { a: 'POWERCAT' }, { a: 'power\u017Fhell' }],
    spared: [{ a: 'pow' }, {}],
  },
  {
    name: 'a number however it is written',
    detection: 's:\n  a: 31\ncondition: s',
    tried: [{ a: 31 }, { a: '0x1F' }, { a: '31.0' }, { a: ['x', 31] }],
    spared: [{ a: 3 }, { a: '310' }],
  },
  {
    name: 'keywords in any text',
    detection: "words:\n  - 'rare words'\ncondition: words",
    tried: [{ x: { y: ['some rare words here'] } }],
    spared: [{ x: 'words' }],
  },
]

for (const { name, detection, tried, spared } of cases) {
  test(`witness: ${name}`, () => {
    const outcome = load(detection)
    const body = outcome.state === 'loaded' ? outcome.rule.body : undefined
    if (body?.kind !== 'event') throw new Error(JSON.stringify(outcome.problems))
    const evaluatedOn = (event: object): number => {
      const matcher = new IndexedMatcher([body])
      matcher.match(event)
      return matcher.counts(0).evaluated
    }
    deepEqual(
      tried.map(evaluatedOn),
      tried.map(() => 1),
    )
    deepEqual(
      spared.map(evaluatedOn),
      spared.map(() => 0),
    )
  })
}
