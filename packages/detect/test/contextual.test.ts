import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Expression, Filter, LineageRelation } from '@pomona/rules'
import { filterId } from '@pomona/rules'
import { compileCondition } from '../src/condition.ts'
import { earlierFields, isContextual, lineageSubjects, weakened } from '../src/contextual.ts'
import { EventView } from '../src/event-view.ts'
import { type Dice, dice } from './dice.ts'

const at = { line: 1, column: 1 }
const filter = (expression: Expression): Filter => ({ gate: { events: [] }, expression })

function named(value: string): Expression {
  const pattern = [{ text: value }]
  const predicate = {
    field: 'process.name',
    written: 'process.name',
    test: { kind: 'pattern', pattern, cased: true },
    operator: '==',
    value,
  } as const
  return { kind: 'test', predicate, selection: 's', at }
}

function comesFrom(relation: LineageRelation, subject: Filter): Expression {
  return { kind: 'lineage', relation, subject, selection: 's', at }
}

const asksEarlier: Expression = {
  kind: 'formula',
  formula: {
    kind: 'compare',
    comparison: 'eq',
    folded: false,
    left: { kind: 'field', fields: ['file.path', 'file.name'], written: 'f', step: 1 },
    right: { kind: 'field', fields: ['process.executable'], written: 'p' },
  },
  holdsWhen: true,
  selection: 's',
  at,
}

test('contextual: descent and earlier steps are, the event itself is not', () => {
  equal(isContextual(filter(named('a'))), false)
  equal(isContextual(filter(comesFrom('child', filter(named('a'))))), true)
  equal(isContextual(filter({ kind: 'not', operand: asksEarlier })), true)
  deepEqual([...earlierFields(filter(asksEarlier))], [[1, new Set(['file.path', 'file.name'])]])
})

test('contextual: subjects come once, and inner ones before outer ones', () => {
  const inner = filter(named('a'))
  const outer = filter({ kind: 'and', operands: [named('b'), comesFrom('child', inner)] })
  const subjects = lineageSubjects([
    filter(comesFrom('descendant', outer)),
    filter(comesFrom('event', inner)),
  ])
  deepEqual([...subjects.keys()], [filterId(inner), filterId(outer)])
})

function randomExpression(next: Dice, depth: number): Expression {
  const kind = depth > 3 ? 2 + next(2) : next(5)
  if (kind === 0) return { kind: 'not', operand: randomExpression(next, depth + 1) }
  if (kind === 1 || kind === 4) {
    const operands = Array.from({ length: 1 + next(3) }, () => randomExpression(next, depth + 1))
    return { kind: next(2) === 0 ? 'and' : 'or', operands }
  }
  const name = ['a', 'b', 'c'][next(3)] ?? ''
  return kind === 2 ? named(name) : comesFrom('descendant', filter(named(name)))
}

for (const seed of [11, 40_404]) {
  test(`contextual: the weakened filter holds wherever the whole one does, seed ${seed}`, () => {
    const next = dice(seed)
    let held = 0
    let spared = 0
    for (let round = 0; round < 2_000; round += 1) {
      const whole = filter(randomExpression(next, 0))
      const weak = weakened(whole)
      equal(isContextual(weak), false)
      const view = new EventView('nested')
      const [full, early] = [whole, weak].map((each) => compileCondition(each.expression, view))
      ok(full !== undefined && early !== undefined)
      for (const name of ['a', 'b', 'd']) {
        const truth = next(8)
        const subjects = ['a', 'b', 'c'].map((each) => filterId(filter(named(each))))
        view.turnTo(
          { process: { name } },
          { comesFrom: (_, subjectId) => ((truth >> subjects.indexOf(subjectId)) & 1) === 1 },
        )
        const isHeld = full.holds(view)
        if (isHeld) ok(early.holds(view), JSON.stringify(whole))
        held += isHeld ? 1 : 0
        spared += early.holds(view) ? 0 : 1
      }
    }
    ok(held > 1_000 && spared > 100, `${held} held, ${spared} were spared the question`)
  })
}

test('contextual: without context nothing comes from anything', () => {
  const view = new EventView('nested')
  const condition = compileCondition(comesFrom('event', filter(named('a'))), view)
  view.turnTo({ process: { name: 'a' } })
  equal(condition.holds(view), false)
})
