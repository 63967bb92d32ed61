import type { Expression, Filter } from '../expression.ts'
import type { EqlNode, EventQuery } from './ast.ts'
import type { CompileContext } from './context.ts'
import type { EqlLimits } from './dialect.ts'
import { FormulaCompiler } from './formula-compiler.ts'
import { junction, type LeafContext, leavesOf, negated } from './leaf.ts'
import { EqlStop } from './stop.ts'

/** Compiles the event queries of one query to filters. */
export class FilterCompiler {
  readonly formulas: FormulaCompiler
  readonly #context: CompileContext
  readonly #limits: EqlLimits
  #leaves = 0

  constructor(context: CompileContext, limits: EqlLimits) {
    this.#context = context
    this.#limits = limits
    this.formulas = new FormulaCompiler(context)
  }

  /**
   * Compiles one event query.
   *
   * @param selection Name under which what matched is shown.
   */
  filter(query: EventQuery, selection: string): Filter {
    const { category: name, offset } = query
    const expression = this.#expression(query.condition, true, selection)
    if (name === 'any') return { gate: { events: [] }, expression }
    const at = this.#context.place(offset)
    const meaning = this.#context.names.category({ name, offset, at })
    const gate = meaning?.gate ?? { events: [] }
    const own = meaning?.expression
    if (own === undefined) return { gate, expression, category: name }
    return { gate, expression: junction('and', [own, expression]) }
  }

  // Formulas know nothing of the process tree, so lineage is taken out along and, or, not.
  // oxlint-disable-next-line max-params -- the truth wanted of a node, and how its leaves are shown
  #expression(node: EqlNode, wanted: boolean, selection: string): Expression {
    switch (node.kind) {
      case 'and':
      case 'or': {
        const kind = (node.kind === 'and') === wanted ? 'and' : 'or'
        return junction(
          kind,
          node.operands.map((operand) => this.#expression(operand, wanted, selection)),
        )
      }
      case 'not':
        return this.#expression(node.operand, !wanted, selection)
      case 'lineage': {
        const { relation, offset } = node
        const subject = this.filter(node.query, selection)
        const at = this.#context.place(offset)
        const lineage: Expression = { kind: 'lineage', relation, subject, selection, at }
        return negated(lineage, !wanted)
      }
      default:
        return leavesOf(this.formulas.truth(node), wanted, this.#leafContext(node, selection))
    }
  }

  #leafContext(node: EqlNode, selection: string): LeafContext {
    const { names, traits } = this.#context
    return {
      names,
      selection,
      at: this.#context.place(node.offset),
      loose: traits.loose,
      count: () => {
        this.#leaves += 1
        if (this.#leaves <= this.#limits.leavesMax) return
        const message = `The query makes more than ${this.#limits.leavesMax} tests.`
        throw new EqlStop('ERR_RULE_TOO_LARGE', message, node.offset)
      },
    }
  }
}
