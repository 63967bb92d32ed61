import { FUNCTION_NAMES, type Formula, type FunctionName } from '../formula.ts'
import type { Test } from '../value-test.ts'
import type { EqlNode } from './ast.ts'
import { type CompileContext, type Typed, typed } from './context.ts'
import { fold, NULL } from './folding.ts'
import { EQL_FUNCTIONS, type EqlFunction, findFunction, type OperandKind } from './functions.ts'
import { cidrTest, regexTest, type TestResult, wildcardPattern } from './pattern.ts'

type CallNode = Extract<EqlNode, { readonly kind: 'call' }>

/** How operands are compiled; `bind` for what asks for an element by name. */
export interface OperandCompiler {
  readonly compile: (node: EqlNode) => Typed
  readonly bind: (name: string, node: EqlNode) => Typed
}

const ARITHMETIC: Readonly<Record<string, '+' | '-' | '*' | '/' | '%'>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  modulo: '%',
}
const NAMES: ReadonlySet<string> = new Set(FUNCTION_NAMES)
const NOTHING: Typed = { formula: NULL, kind: 'any' }

/** Compiles calls of functions: known, given what they take, and folded when all is constant. */
export class CallCompiler {
  readonly #context: CompileContext
  readonly #operands: OperandCompiler

  constructor(context: CompileContext, operands: OperandCompiler) {
    this.#context = context
    this.#operands = operands
  }

  call(node: CallNode): Typed {
    const known = findFunction(node.name)
    if (known === undefined || !this.#isOfDialect(known, node)) return this.#unknown(node)
    const { length: count } = node.operands
    const most = known.rest === undefined ? known.operands.length : Number.POSITIVE_INFINITY
    if (count < known.required || count > most) {
      const wanted = countText(known.required, most)
      const message = `${known.name} takes ${wanted}; ${count} ${count === 1 ? 'is' : 'are'} given.`
      this.#context.report('ERR_RULE_OPERANDS', message, node)
      return NOTHING
    }
    if (known.name === 'arraySearch' || known.name === 'arrayCount')
      return this.#search(known, node)
    const ordered = this.#isReversed(known, node)
      ? { ...node, operands: node.operands.toReversed() }
      : node
    const operands = ordered.operands.map((operand) => this.#operands.compile(operand))
    const areFit = operands.every((operand, index) => {
      return this.#isFit({ known, node: ordered, operand, index })
    })
    return areFit ? this.#apply({ known, node: ordered, operands }) : NOTHING
  }

  // endgame's first versions took the pattern before the text: `match("re", field)`.
  #isReversed({ literal }: EqlFunction, { operands: [first, second, third] }: CallNode): boolean {
    if (literal !== true || !this.#context.traits.endgame || third !== undefined) return false
    return first?.kind === 'literal' && second !== undefined && second.kind !== 'literal'
  }

  #isOfDialect({ only, name }: EqlFunction, { offset }: CallNode): boolean {
    if (this.#context.traits.endgame || only === undefined) return true
    if (only === 'endgame') return false
    const message = `${name} is of earlier versions; write like or regex.`
    this.#context.report('WARN_RULE_OBSOLETE', message, { offset })
    return true
  }

  #unknown({ name, offset }: CallNode): Typed {
    const { endgame } = this.#context.traits
    const valid = EQL_FUNCTIONS.filter(({ only }) => endgame || only === undefined)
    const nearest = this.#context.nearest(
      name,
      valid.map((entry) => entry.name),
    )
    const message = `There is no function “${name}” in this dialect.`
    this.#context.report('ERR_RULE_UNKNOWN_FUNCTION', message, { offset, nearest })
    return NOTHING
  }

  #isFit({ known, node, operand, index }: FitCheck): boolean {
    const wanted = known.operands[index] ?? known.rest ?? 'any'
    const at = node.operands[index] ?? node
    if (known.literal === true && index > 0 && operand.formula.kind !== 'literal') {
      const message = `Operand ${index + 1} of ${known.name} must be a constant text.`
      this.#context.report('ERR_RULE_OPERANDS', message, at)
      return false
    }
    if (isOf(operand, wanted)) return true
    const message = `Operand ${index + 1} of ${known.name} must be a ${wanted}, not a ${operand.kind}.`
    this.#context.report('ERR_RULE_OPERANDS', message, at)
    return false
  }

  #apply({ known, node, operands }: Application): Typed {
    const formulas = operands.map(({ formula }) => formula)
    const [first = NULL, second = NULL] = formulas
    const operator = ARITHMETIC[known.name]
    const folded = node.folded || this.#context.folds
    if (operator !== undefined) {
      return typed(fold({ kind: 'arithmetic', operator, left: first, right: second }), 'number')
    }
    if (known.name === 'safe') return operands[0] ?? NOTHING
    if (known.literal === true) {
      const tests = formulas.slice(1).map((pattern, index) => {
        const at = node.operands[index + 1] ?? node
        return this.#test({ name: known.name, pattern, folded, at })
      })
      if (operands[0]?.kind === 'null') return { formula: NULL, kind: 'null' }
      const kept = tests.filter((test) => test !== undefined)
      return { formula: { kind: 'match', subject: first, tests: kept }, kind: 'truth' }
    }
    const name = functionName(known.name)
    const at = this.#context.place(node.offset)
    const formula = fold({ kind: 'call', name, folded, operands: formulas, at })
    return typed(formula, known.returns)
  }

  #test({ name, pattern, folded, at }: TestJob): Test | undefined {
    const text =
      pattern.kind === 'literal' && typeof pattern.value === 'string' ? pattern.value : ''
    if (name === 'wildcard') {
      return { kind: 'pattern', pattern: wildcardPattern(text), cased: !folded }
    }
    const isCidr = name === 'cidrMatch'
    const result: TestResult = isCidr
      ? cidrTest(text)
      : regexTest({ source: text, extent: 'prefix', folded })
    if (result.ok) return result.test
    this.#context.report(isCidr ? 'ERR_RULE_VALUE' : 'ERR_RULE_REGEX', result.message, at)
    return undefined
  }

  #search(known: EqlFunction, node: CallNode): Typed {
    const [list, name, condition] = node.operands
    if (list === undefined || condition === undefined) return NOTHING
    const isName = name?.kind === 'field' && name.parts.length === 1 && name.path.length === 0
    if (!isName) {
      const message = `Operand 2 of ${known.name} is the name of the element.`
      this.#context.report('ERR_RULE_OPERANDS', message, name ?? node)
      return NOTHING
    }
    const variable = name.parts[0] ?? ''
    const array = this.#operands.compile(list)
    const body = this.#operands.bind(variable, condition)
    const counts = known.name === 'arrayCount'
    return {
      formula: { kind: 'search', counts, array: array.formula, variable, body: body.formula },
      kind: counts ? 'number' : 'truth',
    }
  }
}

interface FitCheck {
  readonly known: EqlFunction
  readonly node: CallNode
  readonly operand: Typed
  readonly index: number
}

interface Application {
  readonly known: EqlFunction
  readonly node: CallNode
  readonly operands: readonly Typed[]
}

interface TestJob {
  readonly name: string
  readonly pattern: Formula
  readonly folded: boolean
  readonly at: { readonly offset: number }
}

function functionName(name: string): FunctionName {
  if (!NAMES.has(name)) throw new Error(`${name} is compiled to no call`)
  return name as FunctionName // One of the set, checked above.
}

function countText(required: number, most: number): string {
  const noun = required === 1 && most === 1 ? 'operand' : 'operands'
  if (most === Number.POSITIVE_INFINITY) return `at least ${required} ${noun}`
  return required === most ? `${required} ${noun}` : `${required} to ${most} ${noun}`
}

function isOf({ kind, formula }: Typed, wanted: OperandKind): boolean {
  if (kind === 'any' || kind === 'null' || wanted === 'any') return true
  if (wanted === 'textOrList') return kind === 'text'
  if (wanted === 'list') return formula.kind === 'field'
  return kind === wanted
}
