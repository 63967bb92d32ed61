import { assertNever } from '../assert-never.ts'
import type { Params, Variable } from '../scenario/scenario.ts'
import type { Prng } from './prng.ts'

const TEMPLATE = /\$\{([^}]*)\}/g
const WHOLE_TEMPLATE = /^\$\{([^}]*)\}$/

/** The variables of one run of a scenario, and the filling in of `${name}`. */
export class Variables {
  readonly #values = new Map<string, string | number>()
  readonly #prng: Prng
  readonly #fail: (message: string) => never

  constructor(prng: Prng, fail: (message: string) => never) {
    this.#prng = prng
    this.#fail = fail
  }

  /** Gives a variable its value. */
  set(name: string, value: string | number): void {
    this.#values.set(name, value)
  }

  /** Draws new values, in the order of their definition. */
  draw(variables: ReadonlyMap<string, Variable>): void {
    for (const [name, variable] of variables) this.#values.set(name, this.#drawn(variable))
  }

  /** Fills in a text. */
  fill(text: string): string {
    if (!text.includes('${')) return text
    return text.replace(TEMPLATE, (_, name: string) => String(this.#value(name)))
  }

  /** Fills in the parameters of a step, at any depth. */
  fillParams(params: Params): Params {
    const filled: Record<string, unknown> = {}
    for (const key in params) filled[key] = this.#fillValue(params[key])
    return filled
  }

  #drawn(variable: Variable): string | number {
    switch (variable.kind) {
      case 'text':
        return this.fill(variable.text)
      case 'pick':
        return this.fill(this.#prng.pick(variable.from))
      case 'number':
        return this.#prng.between(variable)
      case 'hex':
        return this.#prng.hex(variable.digits)
      default:
        return assertNever(variable)
    }
  }

  #value(name: string): string | number {
    return this.#values.get(name) ?? this.#fail(`Variable \`${name}\` has no value yet.`)
  }

  #fillValue(value: unknown): unknown {
    if (typeof value === 'string') {
      // A template that is the whole value keeps a number's type, for fields that are numbers.
      const name = WHOLE_TEMPLATE.exec(value)?.[1]
      return name === undefined ? this.fill(value) : this.#value(name)
    }
    if (Array.isArray(value)) return value.map((item) => this.#fillValue(item))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    return Object.fromEntries(entries.map(([key, inner]) => [key, this.#fillValue(inner)]))
  }
}
