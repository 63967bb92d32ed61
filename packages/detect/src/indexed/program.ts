import { assertNever, type Expression } from '@pomona/rules'
import { type Leaf, plainLeaf } from './leaf.ts'
import type { PredicateTable } from './predicate-table.ts'

const ACCEPT = -1
const REJECT = -2
const INSTRUCTION = 3

/**
 * Expressions as jumps: an instruction is a predicate and where to go on when it holds and when it
 * does not, so that AND, OR and NOT cost nothing at the event. Cheap parts are asked first.
 */
export class Programs {
  readonly #predicates: PredicateTable
  readonly #code: number[] = []
  readonly #costs = new WeakMap<Expression, number>()
  #sealed = new Int32Array(0)

  constructor(predicates: PredicateTable) {
    this.#predicates = predicates
  }

  /** Compiles an expression; gives where its evaluation begins. Before the first event only. */
  compile(expression: Expression): number {
    return this.#emit(expression, { ifTrue: ACCEPT, ifFalse: REJECT })
  }

  /** Ends compiling. */
  seal(): void {
    this.#sealed = Int32Array.from(this.#code)
  }

  /** Whether the expression that begins here holds for the event at hand. */
  run(start: number): boolean {
    const code = this.#sealed
    const predicates = this.#predicates
    let at = start
    while (at >= 0) {
      at = code[at + (predicates.holds(code[at] ?? 0) ? 1 : 2)] ?? REJECT
    }
    return at === ACCEPT
  }

  #emit(expression: Expression, targets: Targets): number {
    const { ifTrue, ifFalse } = targets
    switch (expression.kind) {
      case 'constant':
        return expression.value ? ifTrue : ifFalse
      case 'not':
        return this.#emit(expression.operand, { ifTrue: ifFalse, ifFalse: ifTrue })
      case 'and':
      case 'or': {
        const isAnd = expression.kind === 'and'
        // From the last to the first, because each has to know where the next begins.
        let next = isAnd ? ifTrue : ifFalse
        const operands = isAnd ? expression.operands : this.#gather(expression.operands)
        for (const operand of this.#byCost(operands).toReversed()) {
          const targets = isAnd ? { ifTrue: next, ifFalse } : { ifTrue, ifFalse: next }
          next =
            operand.kind === 'any'
              ? this.#instruct(operand.predicate, targets)
              : this.#emit(operand, targets)
        }
        return next
      }
      case 'test':
      case 'keyword':
      case 'formula':
      case 'lineage': {
        return this.#instruct(this.#predicates.indexOf(expression), targets)
      }
      default:
        return assertNever(expression)
    }
  }

  #instruct(predicate: number, { ifTrue, ifFalse }: Targets): number {
    return this.#code.push(predicate, ifTrue, ifFalse) - INSTRUCTION
  }

  // Texts asked of the same field become one predicate: any of them.
  #gather(operands: readonly Expression[]): readonly Operand[] {
    const groups = new Map<string, Leaf[]>()
    const others: Operand[] = []
    for (const operand of operands) {
      const isLeaf = operand.kind === 'test' || operand.kind === 'keyword'
      const plain = isLeaf ? plainLeaf(operand) : undefined
      if (plain === undefined || !isLeaf) {
        others.push(operand)
        continue
      }
      const { field, cased } = plain
      const key = field === undefined ? '' : `${cased} ${field}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [operand])
      else group.push(operand)
    }
    for (const group of groups.values()) {
      const predicate = this.#predicates.indexOfSet(group)
      if (predicate === undefined) others.push(...group)
      else others.push({ kind: 'any', predicate })
    }
    return others
  }

  #byCost(operands: readonly Operand[]): readonly Operand[] {
    return operands.toSorted((left, right) => this.#costOf(left) - this.#costOf(right))
  }

  #costOf(expression: Operand): number {
    if (expression.kind === 'any') return this.#predicates.costOf(expression.predicate)
    const known = this.#costs.get(expression)
    if (known !== undefined) return known
    const cost = this.#sumOf(expression)
    this.#costs.set(expression, cost)
    return cost
  }

  #sumOf(expression: Expression): number {
    switch (expression.kind) {
      case 'constant':
        return 0
      case 'not':
        return this.#costOf(expression.operand)
      case 'and':
      case 'or':
        return expression.operands.reduce((sum, operand) => sum + this.#costOf(operand), 0)
      default:
        return this.#predicates.costOf(this.#predicates.indexOf(expression))
    }
  }
}

/** An expression, or several that became one predicate. */
type Operand = Expression | { readonly kind: 'any'; readonly predicate: number }

interface Targets {
  readonly ifTrue: number
  readonly ifFalse: number
}
