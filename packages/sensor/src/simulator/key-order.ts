import { Prng } from './prng.ts'

/** Kinds of objects whose orders are remembered; all event types together have some hundred. */
const KINDS_MAX = 1_024
const ORDERS_MAX = 4
// Of 63 objects with eight keys or more in real recordings that followed one of their kind, 30 had
// the order of the last one, 6 an earlier order and 27 a new one.
const REPEAT_LAST = 0.48
const REPEAT_EARLIER = 0.1

type Order = readonly number[]

/**
 * Puts the keys of every object of a line into an order that means nothing, as eslogger does.
 *
 * The real order follows from where in memory a dictionary lies: it differs between lines and
 * between equal objects of one line, and comes back where memory is used again. The same seed and
 * lines give the same bytes; numbers and texts are not touched.
 */
export class KeyOrder {
  readonly #prng: Prng
  readonly #orders = new Map<string, Order[]>()
  #text = ''
  #at = 0

  constructor(seed: string) {
    this.#prng = new Prng(seed)
  }

  /** @param line Compact JSON, as this simulator writes it. */
  shuffle(line: string): string {
    this.#text = line
    this.#at = 0
    return this.#value()
  }

  #value(): string {
    const first = this.#text[this.#at]
    if (first === '{') return this.#object()
    if (first === '[') return this.#array()
    const start = this.#at
    if (first === '"') this.#skipString()
    else while (!isEnd(this.#text.charCodeAt(this.#at))) this.#at += 1
    return this.#text.slice(start, this.#at)
  }

  #object(): string {
    const members: string[] = []
    let kind = ''
    while (this.#text[this.#at] !== '}') {
      // Over the brace or the comma.
      const start = (this.#at += 1)
      if (this.#text[start] === '}') break
      this.#skipString()
      const key = this.#text.slice(start, (this.#at += 1))
      if (members.length === 0) kind = key
      members.push(key + this.#value())
    }
    this.#at += 1
    if (members.length < 2) return `{${members.join('')}}`
    // Unordered, objects of one kind begin with the same key.
    const order = this.#order(`${members.length}${kind}`, members.length)
    let text = ''
    for (const index of order) text += `${text === '' ? '{' : ','}${members[index]}`
    return `${text}}`
  }

  #array(): string {
    let text = '['
    this.#at += 1
    while (this.#text[this.#at] !== ']') {
      if (this.#text[this.#at] === ',') {
        text += ','
        this.#at += 1
      }
      text += this.#value()
    }
    this.#at += 1
    return `${text}]`
  }

  #skipString(): void {
    do this.#at = this.#text.indexOf('"', this.#at + 1)
    while (isEscaped(this.#text, this.#at))
    this.#at += 1
  }

  #order(kind: string, count: number): Order {
    const known = this.#orders.get(kind) ?? []
    const drawn = this.#prng.next() / 0x1_0000_0000
    const [last] = known
    if (last !== undefined && drawn < REPEAT_LAST) return last
    const repeated = drawn < REPEAT_LAST + REPEAT_EARLIER ? this.#prng.next() % ORDERS_MAX : -1
    const order = known[repeated] ?? this.#permutation(count)
    if (this.#orders.size >= KINDS_MAX && known.length === 0) this.#orders.clear()
    this.#orders.set(
      kind,
      [order, ...known.filter((other) => other !== order)].slice(0, ORDERS_MAX),
    )
    return order
  }

  // Fisher and Yates.
  #permutation(count: number): Order {
    const order = Array.from({ length: count }, (_, index) => index)
    for (let index = count - 1; index > 0; index--) {
      const other = this.#prng.between({ min: 0, max: index })
      // Sound: both are below the length.
      const moved = order[index] as number
      order[index] = order[other] as number
      order[other] = moved
    }
    return order
  }
}

// A comma or a closing bracket.
function isEnd(code: number): boolean {
  return code === 44 || code === 125 || code === 93 || Number.isNaN(code)
}

// An odd number of backslashes before a quote makes it part of the text.
function isEscaped(text: string, at: number): boolean {
  let start = at
  while (text.charCodeAt(start - 1) === 92) start--
  return (at - start) % 2 === 1
}
