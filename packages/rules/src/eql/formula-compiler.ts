import { assertNever } from '../assert-never.ts'
import type { Formula } from '../formula.ts'
import type { Comparison, Test } from '../value-test.ts'
import type { CompareOperator, EqlNode, FieldNode, LiteralNode } from './ast.ts'
import { CallCompiler } from './call-compiler.ts'
import { type CompileContext, type Typed, typed } from './context.ts'
import { conjunction, disjunction, fold, isLiteral, negation, NULL, truth } from './folding.ts'
import { hasWildcard, plainPattern, regexTest, wildcardPattern } from './pattern.ts'

const COMPARISONS: Readonly<Record<Exclude<CompareOperator, '!=' | ':' | '!:'>, Comparison>> = {
  '==': 'eq',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
}
const FLIPPED: Readonly<Record<Comparison, Comparison>> = {
  eq: 'eq',
  lt: 'gt',
  lte: 'gte',
  gt: 'lt',
  gte: 'lte',
}

/** Compiles the expressions of one query to formulas: names resolved, kinds checked, folded. */
export class FormulaCompiler {
  readonly #context: CompileContext
  readonly #calls: CallCompiler
  /** Names that `arraySearch` and its like bind, innermost last. */
  readonly #variables: string[] = []

  constructor(context: CompileContext) {
    this.#context = context
    this.#calls = new CallCompiler(context, {
      compile: (node) => this.compile(node),
      bind: (name, node) => {
        this.#variables.push(name)
        const body = this.compile(node)
        this.#variables.pop()
        return body
      },
    })
  }

  compile(node: EqlNode): Typed {
    switch (node.kind) {
      case 'literal':
        return literal(node)
      case 'field':
        return { formula: this.#field(node), kind: 'any' }
      case 'call':
        return this.#calls.call(node)
      case 'negative':
        return this.#arithmetic(
          '-',
          { formula: { kind: 'literal', value: 0 }, kind: 'number' },
          node,
        )
      case 'binary':
        return this.#binary(node)
      case 'in':
        return this.#membership(node)
      case 'pattern':
        return this.#pattern(node)
      case 'and':
      case 'or': {
        const operands = node.operands.map((operand) => this.truth(operand))
        const formula = node.kind === 'and' ? conjunction(operands) : disjunction(operands)
        return { formula, kind: 'truth' }
      }
      case 'not':
        return { formula: negation(this.truth(node.operand)), kind: 'truth' }
      case 'lineage': {
        const message = `“${node.relation} of” stands only beside and, or, not.`
        this.#context.report('ERR_RULE_OPERANDS', message, node)
        return { formula: NULL, kind: 'truth' }
      }
      default:
        return assertNever(node)
    }
  }

  /** Compiles what is asked for its truth. */
  truth(node: EqlNode): Formula {
    const { formula, kind } = this.compile(node)
    if (!this.#context.traits.loose && (kind === 'text' || kind === 'number')) {
      const message = `Here a condition is expected, not a ${kind}.`
      this.#context.report('ERR_RULE_OPERANDS', message, node)
    }
    return formula
  }

  #field({ parts, path, optional, offset }: FieldNode): Formula {
    const [first = '', ...rest] = parts
    const variable = this.#variables.lastIndexOf(first)
    if (variable !== -1) return { kind: 'variable', name: first, path: [...rest, ...path] }
    return this.#context.field({ parts, path, optional, offset })
  }

  #binary(node: Extract<EqlNode, { kind: 'binary' }>): Typed {
    const { operator, left, right } = node
    switch (operator) {
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return this.#arithmetic(operator, this.compile(left), {
          offset: node.offset,
          operand: right,
        })
      default:
        return this.#compare(node, operator)
    }
  }

  #arithmetic(
    operator: '+' | '-' | '*' | '/' | '%',
    left: Typed,
    { operand, offset }: { readonly operand: EqlNode; readonly offset: number },
  ): Typed {
    const right = this.compile(operand)
    for (const { kind } of [left, right]) {
      if (kind === 'number' || kind === 'any' || kind === 'null') continue
      const message = `“${operator}” works with numbers, not with a ${kind}.`
      this.#context.report('ERR_RULE_OPERANDS', message, { offset })
    }
    const formula = {
      kind: 'arithmetic',
      operator,
      left: left.formula,
      right: right.formula,
    } as const
    return typed(fold(formula), 'number')
  }

  #compare(node: Extract<EqlNode, { kind: 'binary' }>, operator: CompareOperator): Typed {
    const left = this.compile(node.left)
    const right = this.compile(node.right)
    if (operator === '!=' || operator === '!:') {
      const equal = this.#equal(node, left, right)
      return { formula: negation(equal), kind: 'truth' }
    }
    if (operator === '==' || operator === ':') {
      return { formula: this.#equal(node, left, right), kind: 'truth' }
    }
    this.#checkPair(node, left, right)
    const comparison = COMPARISONS[operator]
    const folded = this.#context.folds && isTextual(left, right)
    // The constant stands right, whichever way it is written.
    const isFlipped = isLiteral(left.formula) && !isLiteral(right.formula)
    const formula = isFlipped
      ? { left: right.formula, right: left.formula, comparison: FLIPPED[comparison] }
      : { left: left.formula, right: right.formula, comparison }
    return { formula: fold({ kind: 'compare', ...formula, folded }), kind: 'truth' }
  }

  // oxlint-disable-next-line max-params -- a pair and where it stands
  #checkPair({ offset }: { readonly offset: number }, left: Typed, right: Typed): void {
    const isKnown = [left, right].every(({ kind }) => kind !== 'any' && kind !== 'null')
    if (isKnown && left.kind !== right.kind) {
      const message = `A ${left.kind} and a ${right.kind} are never compared.`
      this.#context.report('ERR_RULE_OPERANDS', message, { offset })
    }
    this.#context.checkFields({ left: left.formula, right: right.formula, offset })
  }

  // oxlint-disable-next-line max-params -- a pair and where it stands
  #equal(node: Extract<EqlNode, { kind: 'binary' }>, left: Typed, right: Typed): Formula {
    if (left.kind === 'null') return fold({ kind: 'isNull', operand: right.formula })
    if (right.kind === 'null') return fold({ kind: 'isNull', operand: left.formula })
    if (isLiteral(left.formula) && !isLiteral(right.formula)) return this.#equal(node, right, left)
    this.#checkPair(node, left, right)
    const { folds } = this.#context
    const isLoose = node.operator === ':' || node.operator === '!:'
    const folded = folds || isLoose
    const wanted = right.formula.kind === 'literal' ? right.formula.value : undefined
    const readsWildcards = isLoose || this.#context.traits.loose
    if (typeof wanted === 'string' && readsWildcards && hasWildcard(wanted)) {
      const test = { kind: 'pattern', pattern: wildcardPattern(wanted), cased: !folded } as const
      return { kind: 'match', subject: left.formula, tests: [test] }
    }
    if (left.kind === 'truth' && typeof wanted === 'boolean') {
      return wanted ? left.formula : negation(left.formula)
    }
    const isOptional = [node.left, node.right].every(
      (side) => side.kind === 'field' && side.optional,
    )
    const pair = isOptional
      ? { left: required(left.formula), right: required(right.formula) }
      : { left: left.formula, right: right.formula }
    const equal = fold({
      kind: 'compare',
      comparison: 'eq',
      folded: folded && isTextual(left, right),
      ...pair,
    })
    // Two fields that may both be absent are equal when they are.
    if (!isOptional) return equal
    const areNull = [left, right].map(({ formula: operand }): Formula => {
      return { kind: 'isNull', operand }
    })
    return disjunction([conjunction(areNull), equal])
  }

  #membership(node: Extract<EqlNode, { kind: 'in' }>): Typed {
    const { operand, items, offset, negated } = node
    const subject = this.compile(operand)
    const folded = node.folded || this.#context.folds
    const equals = items.map((item) => {
      const typed = this.compile(item)
      if (typed.kind === 'null') return fold({ kind: 'isNull', operand: subject.formula })
      this.#checkPair({ offset: item.offset ?? offset }, subject, typed)
      return fold({
        kind: 'compare',
        comparison: 'eq',
        folded: folded && isTextual(subject, typed),
        left: subject.formula,
        right: typed.formula,
      })
    })
    const formula = disjunction(equals)
    return { formula: negated ? negation(formula) : formula, kind: 'truth' }
  }

  #pattern(node: Extract<EqlNode, { kind: 'pattern' }>): Typed {
    const subject = this.compile(node.operand)
    const folded = node.folded || this.#context.folds
    const tests: Test[] = []
    const others: Formula[] = []
    for (const pattern of node.patterns) {
      const isText = typeof pattern.value === 'string'
      if (node.operator === ':' && !(isText && hasWildcard(pattern.text))) {
        const { operand: left, offset } = node
        const equal = { kind: 'binary', operator: ':', left, right: pattern, offset } as const
        others.push(this.#equal(equal, subject, literal(pattern)))
        continue
      }
      const test = isText ? this.#test(node, pattern, folded) : this.#noText(node, pattern)
      if (test !== undefined) tests.push(test)
    }
    if (subject.kind === 'null' && others.length === 0) return { formula: NULL, kind: 'truth' }
    if (subject.kind === 'number' || subject.kind === 'truth')
      this.#noTextSubject(node, subject, tests)
    const match: Formula = { kind: 'match', subject: subject.formula, tests }
    return { formula: disjunction(tests.length === 0 ? others : [match, ...others]), kind: 'truth' }
  }

  // oxlint-disable-next-line max-params -- the operator's place, what it is applied to, and how
  #noTextSubject(node: { readonly offset: number }, subject: Typed, tests: readonly Test[]): void {
    if (tests.length === 0) return
    const message = `Patterns are for texts, not for a ${subject.kind}.`
    this.#context.report('ERR_RULE_OPERANDS', message, node)
  }

  #noText(node: { readonly operator: string }, pattern: LiteralNode): undefined {
    const message = `“${node.operator}” takes texts.`
    this.#context.report('ERR_RULE_OPERANDS', message, pattern)
    return undefined
  }

  // oxlint-disable-next-line max-params -- the operator, its pattern, and how
  #test(
    node: { readonly operator: string },
    pattern: LiteralNode,
    folded: boolean,
  ): Test | undefined {
    const text = String(pattern.value)
    if (node.operator !== 'regex') {
      const parts = hasWildcard(text) ? wildcardPattern(text) : plainPattern(text)
      return { kind: 'pattern', pattern: parts, cased: !folded }
    }
    const result = regexTest({ source: text, extent: 'whole', folded })
    if (result.ok) return result.test
    this.#context.report('ERR_RULE_REGEX', result.message, pattern)
    return undefined
  }
}

/** A field without the mark that it may be absent, which only its comparison with another reads. */
function required(formula: Formula): Formula {
  if (formula.kind !== 'field') return formula
  return { ...formula, written: formula.written.replace('?', '') }
}

/** Whether case can matter between two sides. */
function isTextual(left: Typed, right: Typed): boolean {
  return [left, right].every(({ kind }) => kind === 'text' || kind === 'any')
}

function literal({ value, float }: LiteralNode): Typed {
  if (typeof value === 'boolean') return { formula: truth(value), kind: 'truth' }
  const kind = value === null ? 'null' : typeof value === 'number' ? 'number' : 'text'
  const isFloat = float && typeof value === 'number'
  return { formula: { kind: 'literal', value, ...(isFloat ? { float } : {}) }, kind }
}
