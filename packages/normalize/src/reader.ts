import { padTime } from '@pomona/schema'
import type { EsMessage } from '@pomona/sensor'
import type { NormalizeLimits } from './limits.ts'

/** An object inside a record, whose values are still of any type. */
export type Body = EsMessage

/** The body of an event that has none. */
export const EMPTY_BODY: Body = Object.freeze({})

const UID_MAX = 0xffff_ffff
/** Apple's "no user": the audit user id of daemons. */
const UID_NONE = 0xffff_ffff
const NUMERAL = /^-?\d{1,20}$/

/** The value as an object, or `undefined` for everything else. */
export function bodyOf(value: unknown): Body | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Body // An object that is no array: every key may be asked for.
}

/**
 * Reads a key of a record's object; of none, it is `undefined`.
 *
 * The one place that does, for speed: eslogger writes its keys in random order, so hardly two
 * objects of a stream have the same hidden class. A load with a variable key copes with that three
 * times as fast as one with a constant key, and only a shared function keeps the key variable for
 * the compiler.
 */
export function valueAt(body: Body | undefined, key: string): unknown {
  return body === undefined ? undefined : body[key]
}

/** The value as a whole number below 2^53, or `undefined`. */
export function integerOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

/** The value as true or false, or `undefined`. */
export function flagOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** A whole number of any size as decimal text: the sensor hands on those beyond 2^53 as text. */
export function numeralOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return typeof value === 'string' && NUMERAL.test(value) ? value : undefined
}

/**
 * A user or group id as text. Negative ids, as C prints `nobody`, become their unsigned form.
 *
 * @returns `undefined` for no number, a number no id can be, and -1, which means "none".
 */
export function idOf(value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined
  if (value < -0x8000_0000 || value > UID_MAX) return undefined
  const id = value >>> 0
  return id === UID_NONE ? undefined : String(id)
}

/** A timestamp with nine digits, or `undefined`. */
export function timeOf(value: unknown): string | undefined {
  return typeof value === 'string' ? padTime(value) : undefined
}

/** The name of an enumeration's value, or `undefined` when the list has none for it. */
export function nameOf(names: readonly string[], value: unknown): string | undefined {
  if (typeof value !== 'number') return undefined
  const name = names[value]
  return name === '' ? undefined : name
}

/** What was shortened since the start. */
export interface TruncationCounts {
  texts: number
  lists: number
}

interface ListLimit {
  readonly elementsMax: number
  readonly lengthMax: number
}

/**
 * Reads texts and lists out of records, within limits.
 * Empty text is absent; text that is not well-formed Unicode is repaired, because stores refuse it.
 */
export class Reader {
  readonly truncated: TruncationCounts = { texts: 0, lists: 0 }
  readonly #textLengthMax: number
  readonly #args: ListLimit
  readonly #env: ListLimit
  readonly #list: ListLimit

  constructor(limits: NormalizeLimits) {
    this.#textLengthMax = limits.textLengthMax
    this.#args = { elementsMax: limits.argsMax, lengthMax: limits.argsLengthMax }
    this.#env = { elementsMax: limits.envMax, lengthMax: limits.envLengthMax }
    this.#list = { elementsMax: limits.listMax, lengthMax: limits.argsLengthMax }
  }

  /** The value as non-empty, well-formed text no longer than the limit, or `undefined`. */
  text(value: unknown): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined
    return this.#fit(value, this.#textLengthMax)
  }

  /** Arguments; empty ones stay, since they have a position. */
  args(value: unknown): readonly string[] | undefined {
    return this.#texts(value, this.#args)
  }

  /** Environment variables. */
  env(value: unknown): readonly string[] | undefined {
    return this.#texts(value, this.#env)
  }

  /** Any other list of texts. */
  list(value: unknown): readonly string[] | undefined {
    return this.#texts(value, this.#list)
  }

  #fit(text: string, lengthMax: number): string {
    if (text.length <= lengthMax) return text.isWellFormed() ? text : text.toWellFormed()
    this.truncated.texts += 1
    return text.slice(0, lengthMax).toWellFormed()
  }

  // Shares the record's own array when nothing has to change, which is the usual case.
  #texts(value: unknown, limit: ListLimit): readonly string[] | undefined {
    if (!Array.isArray(value) || value.length === 0) return undefined
    const elements: readonly unknown[] = value
    if (this.#fits(elements, limit)) return elements as readonly string[] // Checked one by one.
    const texts: string[] = []
    let room = limit.lengthMax
    for (const element of elements) {
      if (typeof element !== 'string') continue
      if (texts.length >= limit.elementsMax || room <= 0) {
        this.truncated.lists += 1
        break
      }
      const text = this.#fit(element, Math.min(room, this.#textLengthMax))
      room -= text.length
      texts.push(text)
    }
    return texts.length === 0 ? undefined : texts
  }

  #fits(elements: readonly unknown[], { elementsMax, lengthMax }: ListLimit): boolean {
    if (elements.length > elementsMax) return false
    let length = 0
    for (const element of elements) {
      if (typeof element !== 'string' || !element.isWellFormed()) return false
      if (element.length > this.#textLengthMax) return false
      length += element.length
    }
    return length <= lengthMax
  }
}
