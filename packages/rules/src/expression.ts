import type { Position } from './errors.ts'
import type { Formula } from './formula.ts'
import type { Keyword, Predicate } from './value-test.ts'

/**
 * `descendant`: any ancestor; `child`: the parent, or the image before an exec; `event`: the
 * process itself. EQL's `descendant of`, `child of`, `event of`.
 */
export type LineageRelation = 'descendant' | 'child' | 'event'

/** The condition of a rule: a tree over predicates. Plain data; JSON keeps all of it. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'test'
      readonly predicate: Predicate
      readonly selection: string
      readonly at: Position
    }
  | {
      readonly kind: 'keyword'
      readonly keyword: Keyword
      readonly selection: string
      readonly at: Position
    }
  | { readonly kind: 'constant'; readonly value: boolean }
  | FormulaTest
  | LineageTest

/** Holds when a formula comes to exactly this truth; one that comes to null never does. */
export interface FormulaTest {
  readonly kind: 'formula'
  readonly formula: Formula
  readonly holdsWhen: boolean
  readonly selection: string
  readonly at: Position
}

/**
 * Asks whether the event's process came from, or had itself, an earlier event that `subject` holds
 * for. An image that `exec` put in a process's place descends from the image before it.
 */
export interface LineageTest {
  readonly kind: 'lineage'
  readonly relation: LineageRelation
  readonly subject: Filter
  readonly selection: string
  readonly at: Position
}

/** Events a rule wants to see: those with this action and, where given, these values. */
export interface GateEvent {
  /** Value of `event.action`. */
  readonly action: string
  readonly equals: Readonly<Record<string, string | number | boolean>>
}

/** Which events a rule is tried on. No entry means every event. */
export interface Gate {
  readonly events: readonly GateEvent[]
}

/** A question about one event: what every rule, step and subject of a lineage comes down to. */
export interface Filter {
  readonly gate: Gate
  readonly expression: Expression
  /** Name of the events that the gate stands for, as EQL writes it. For people only. */
  readonly category?: string
}
