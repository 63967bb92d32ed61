import { assertNever } from '../assert-never.ts'
import type { Formula } from '../formula.ts'
import type { EqlNode, PipeNode } from './ast.ts'
import type { CompileContext } from './context.ts'
import type { FormulaCompiler } from './formula-compiler.ts'

/** What is done with the results of a query, in their order. */
export type Pipe =
  | { readonly kind: 'head' | 'tail'; readonly count: number }
  | { readonly kind: 'filter'; readonly condition: Formula }
  | {
      readonly kind: 'unique' | 'unique_count' | 'sort' | 'count'
      readonly keys: readonly Formula[]
    }

const PIPES = ['head', 'tail', 'filter', 'unique', 'unique_count', 'sort', 'count'] as const
type PipeName = (typeof PIPES)[number]
const PIPES_EVERYWHERE: readonly PipeName[] = ['head', 'tail']
const COUNT_DEFAULT = 50

/** What pipes are compiled with. */
export interface PipeCompiler {
  readonly context: CompileContext
  readonly formulas: FormulaCompiler
}

/** Compiles the pipes of a query; those that are wrong are reported and left out. */
export function compilePipes(nodes: readonly PipeNode[], compiler: PipeCompiler): readonly Pipe[] {
  return nodes.flatMap((node) => {
    const pipe = compilePipe(node, compiler)
    return pipe === undefined ? [] : [pipe]
  })
}

function compilePipe(node: PipeNode, { context, formulas }: PipeCompiler): Pipe | undefined {
  const valid = context.traits.endgame ? PIPES : PIPES_EVERYWHERE
  const name = valid.find((one) => one === node.name)
  if (name === undefined) {
    const nearest = context.nearest(node.name, valid)
    const message = `There is no pipe “${node.name}” in this dialect.`
    context.report('ERR_RULE_PIPE', message, { offset: node.offset, nearest })
    return undefined
  }
  const { operands } = node
  switch (name) {
    case 'head':
    case 'tail': {
      const count = countOf(operands, context.traits.endgame)
      if (count !== undefined) return { kind: name, count }
      context.report('ERR_RULE_PIPE', `${name} takes a whole number above 0.`, node)
      return undefined
    }
    case 'filter': {
      const [condition] = operands
      if (condition !== undefined && operands.length === 1) {
        return { kind: 'filter', condition: formulas.truth(condition) }
      }
      context.report('ERR_RULE_PIPE', 'filter takes one condition.', node)
      return undefined
    }
    case 'unique':
    case 'unique_count':
    case 'sort':
    case 'count': {
      const keys = operands.map((operand) => formulas.compile(operand).formula)
      if (name === 'count' || keys.length > 0) return { kind: name, keys }
      context.report('ERR_RULE_PIPE', `${name} takes at least one field.`, node)
      return undefined
    }
    default:
      return assertNever(name)
  }
}

function countOf(operands: readonly EqlNode[], hasDefault: boolean): number | undefined {
  const [count] = operands
  if (count === undefined && hasDefault) return COUNT_DEFAULT
  if (count?.kind !== 'literal' || operands.length !== 1) return undefined
  const { value } = count
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
