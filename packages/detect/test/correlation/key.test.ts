import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { CorrelationBody, CorrelationInput, JoinKey } from '@pomona/rules'
import { compileSubject, keyParts } from '../../src/correlation/key.ts'

const part = (written: string, more: Partial<JoinKey> = {}): JoinKey => {
  return { fields: [written], written, optional: false, ...more }
}

function input(groupBy: readonly JoinKey[], values: readonly JoinKey[] = []): CorrelationInput {
  return { ruleId: 'rule', groupBy, values }
}

function body(type: CorrelationBody['type'], of: CorrelationInput): CorrelationBody {
  const groupBy = of.groupBy.map(({ written }) => written)
  return { kind: 'correlation', type, groupBy, inputs: [of], spanMs: 1, bounds: [], scope: 'fleet' }
}

function read(
  of: CorrelationInput,
  document: object,
  type: CorrelationBody['type'] = 'value_count',
) {
  return compileSubject({ body: body(type, of), input: of })(document)
}

test('correlation key: parts never run into one another', () => {
  const of = input([part('a'), part('b')])
  const keys = [
    { a: 'x', b: 'y' },
    { a: 'x","+y', b: '' },
    { a: '', b: 'x' },
    { a: '-', b: 'x' },
  ].map((document) => read(of, document)?.key)
  equal(new Set(keys).size, 4)
  deepEqual(keyParts(keys[0] ?? ''), ['x', 'y'])
})

test('correlation key: an absent part is no group unless it is optional', () => {
  equal(read(input([part('a.b')]), { a: { c: 1 } }), undefined)
  equal(read(input([part('a')]), { a: null }), undefined)
  equal(read(input([part('a')]), { a: [] }), undefined)
  const optional = input([part('a', { optional: true })])
  notEqual(read(optional, {})?.key, read(optional, { a: '' })?.key)
})

test('correlation key: the first name that has a value answers, numbers and texts are one', () => {
  const of = input([part('user', { fields: ['user.name', 'user.id'] })])
  equal(read(of, { user: { id: 501 } })?.key, read(of, { user: { name: '501', id: 7 } })?.key)
  equal(read(of, { user: { name: ['501'] } })?.key, read(of, { user: { id: 501 } })?.key)
})

test('correlation key: long texts become short and stay different', () => {
  const of = input([part('a')])
  const [one, other] = ['x', 'y'].map((end) => read(of, { a: `${'a'.repeat(1e6)}${end}` })?.key)
  notEqual(one, other)
  ok((one?.length ?? 0) < 100)
})

test('correlation values: each of a list counts, tuples count together, numbers only where computed', () => {
  deepEqual(read(input([], [part('a')]), { a: ['x', 'y', 1] })?.values, ['x', 'y', '1'])
  deepEqual(read(input([], [part('a'), part('b')]), { a: 'x', b: 2 })?.values, ['["x","2"]'])
  deepEqual(read(input([], [part('a'), part('b')]), { a: 'x' })?.values, [])
  deepEqual(
    read(input([], [part('a')]), { a: ['1', 2, 'x', '0x10'] }, 'value_sum')?.values,
    [1, 2, 16],
  )
})

test('correlation key: over a correlation, what it is grouped by comes from its key', () => {
  const upstream = body('event_count', input([part('ip', { fields: ['source.ip'] })]))
  const of = input([part('ip', { fields: ['destination.ip'] }), part('user')])
  const reader = compileSubject({ body: body('value_count', of), input: of, upstream })
  const document = { destination: { ip: '10.0.0.2' }, user: 'ann' }
  deepEqual(keyParts(reader(document, '["+10.0.0.1"]')?.key ?? '[]'), ['10.0.0.1', 'ann'])
})
