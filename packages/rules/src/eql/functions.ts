/** What an operand of a function may be. */
export type OperandKind = 'text' | 'number' | 'truth' | 'list' | 'textOrList' | 'any'

/** A function as the language knows it. */
export interface EqlFunction {
  readonly name: string
  readonly operands: readonly OperandKind[]
  /** How many of the operands must be given. */
  readonly required: number
  /** More operands of this kind may follow; with `literal`, only constants. */
  readonly rest?: OperandKind
  /** The operands after the first must be constants: they are compiled. */
  readonly literal?: true
  readonly returns: 'text' | 'number' | 'truth' | 'any'
  /** `endgame`: only there. `obsolete`: elsewhere with a warning, as Elasticsearch once had it. */
  readonly only?: 'endgame' | 'obsolete'
}

const arithmetic = { operands: ['number', 'number'], required: 2, returns: 'number' } as const
const search = { operands: ['list', 'any', 'any'], required: 3, only: 'endgame' } as const
const pattern = {
  operands: ['text', 'text'],
  required: 2,
  rest: 'text',
  literal: true,
  returns: 'truth',
} as const
const affix = { operands: ['text', 'text'], required: 2, returns: 'truth' } as const

/**
 * Every function of the language, in alphabetical order.
 *
 * @see Elasticsearch, EQL function reference; endgame EQL 1.0, functions.
 */
export const EQL_FUNCTIONS: readonly EqlFunction[] = [
  { name: 'add', ...arithmetic },
  {
    name: 'arrayContains',
    operands: ['list', 'any'],
    required: 2,
    rest: 'any',
    returns: 'truth',
    only: 'endgame',
  },
  { name: 'arrayCount', ...search, returns: 'number' },
  { name: 'arraySearch', ...search, returns: 'truth' },
  { name: 'between', operands: ['text', 'text', 'text', 'truth'], required: 3, returns: 'text' },
  { name: 'cidrMatch', ...pattern },
  { name: 'concat', operands: ['any'], required: 1, rest: 'any', returns: 'text' },
  { name: 'divide', ...arithmetic },
  { name: 'endsWith', ...affix },
  { name: 'indexOf', operands: ['text', 'text', 'number'], required: 2, returns: 'number' },
  { name: 'length', operands: ['textOrList'], required: 1, returns: 'number' },
  { name: 'match', ...pattern, only: 'obsolete' },
  { name: 'matchLite', ...pattern, only: 'obsolete' },
  { name: 'modulo', ...arithmetic },
  { name: 'multiply', ...arithmetic },
  { name: 'number', operands: ['text', 'number'], required: 1, returns: 'number' },
  { name: 'safe', operands: ['any'], required: 1, returns: 'any', only: 'endgame' },
  { name: 'startsWith', ...affix },
  { name: 'string', operands: ['any'], required: 1, returns: 'text' },
  { name: 'stringContains', ...affix },
  { name: 'substring', operands: ['text', 'number', 'number'], required: 1, returns: 'text' },
  { name: 'subtract', ...arithmetic },
  { name: 'wildcard', ...pattern, only: 'obsolete' },
]

const BY_NAME: ReadonlyMap<string, EqlFunction> = new Map(
  EQL_FUNCTIONS.map((entry) => [entry.name.toLowerCase(), entry]),
)

/** Finds a function; its name's case does not count, as Elastic's own rules write `cidrmatch`. */
export function findFunction(name: string): EqlFunction | undefined {
  return BY_NAME.get(name.toLowerCase())
}
