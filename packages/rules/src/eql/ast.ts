import type { LineageRelation } from '../expression.ts'
import type { FormulaValue } from '../formula.ts'

// A query as written. Every node has the offset of its first character in the query's text.

/** A number, text, boolean or null as written. */
export interface LiteralNode {
  readonly kind: 'literal'
  readonly value: FormulaValue
  /** As written; of a text, without its quotes. */
  readonly text: string
  readonly float: boolean
  readonly offset: number
}

/** A field's name, with the places in lists behind it. */
export interface FieldNode {
  readonly kind: 'field'
  /** Parts between points; a backquoted part may hold points itself. */
  readonly parts: readonly string[]
  readonly path: readonly (string | number)[]
  /** `?field`. */
  readonly optional: boolean
  readonly offset: number
}

/** Operators between two expressions; `:` is equality without case, with wildcards. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | CompareOperator

/** Operators that compare; `!:` is how Elasticsearch once wrote the opposite of `:`. */
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | ':' | '!:'

/** An expression of a query. */
export type EqlNode =
  | LiteralNode
  | FieldNode
  | {
      readonly kind: 'call'
      readonly name: string
      /** `fn~`. */
      readonly folded: boolean
      readonly operands: readonly EqlNode[]
      readonly offset: number
    }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: EqlNode
      readonly right: EqlNode
      readonly offset: number
    }
  | { readonly kind: 'negative'; readonly operand: EqlNode; readonly offset: number }
  | {
      readonly kind: 'in'
      readonly operand: EqlNode
      readonly folded: boolean
      readonly negated: boolean
      readonly items: readonly EqlNode[]
      readonly offset: number
    }
  /** `like`, `regex`, and `:` before literals. */
  | {
      readonly kind: 'pattern'
      readonly operator: 'like' | 'regex' | ':'
      readonly folded: boolean
      readonly operand: EqlNode
      readonly patterns: readonly LiteralNode[]
      readonly offset: number
    }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly EqlNode[]; readonly offset: number }
  | { readonly kind: 'not'; readonly operand: EqlNode; readonly offset: number }
  | {
      readonly kind: 'lineage'
      readonly relation: LineageRelation
      readonly query: EventQuery
      readonly offset: number
    }

/** `category where condition`. */
export interface EventQuery {
  readonly category: string
  readonly condition: EqlNode
  readonly offset: number
}

/** One part of a sequence, sample or join. */
export interface Term {
  readonly query: EventQuery
  readonly missing: boolean
  readonly keys: readonly EqlNode[]
  readonly runs: number
  readonly fork: boolean
  readonly alias: string | undefined
  readonly offset: number
}

/** What a query looks for, before its pipes. */
export type BaseQuery =
  | { readonly kind: 'event'; readonly query: EventQuery; readonly offset: number }
  | {
      readonly kind: 'sequence'
      readonly keys: readonly EqlNode[]
      readonly spanMs: number | undefined
      readonly terms: readonly Term[]
      readonly until: Term | undefined
      readonly offset: number
    }
  | {
      readonly kind: 'sample' | 'join'
      readonly keys: readonly EqlNode[]
      readonly terms: readonly Term[]
      readonly until: Term | undefined
      readonly offset: number
    }

/** `| name operands`. */
export interface PipeNode {
  readonly name: string
  readonly operands: readonly EqlNode[]
  readonly offset: number
}

/** A whole query. */
export interface EqlQuery {
  readonly base: BaseQuery
  readonly pipes: readonly PipeNode[]
  /** Offsets of `?"…"` texts, which the dialect no longer has. */
  readonly obsolete: readonly number[]
}
