import type { Budget } from '../bytes/budget.ts'
import { AnalysisError } from '../errors.ts'
import { type XmlToken, xmlTokens } from '../markup/xml.ts'
import type { PlistValue } from './value.ts'

const DEPTH_MAX = 128

/** A dictionary or list that is still being filled. */
interface Open {
  readonly name: string
  readonly list: PlistValue[]
  readonly map: Map<string, PlistValue>
  key: string | undefined
}

/**
 * Reads a property list in XML.
 *
 * @throws AnalysisError
 */
export function readXmlPlist(document: string, budget: Budget): PlistValue {
  const reader = new XmlReader(budget, false)
  for (const token of xmlTokens(document)) {
    const value = reader.take(token)
    if (value !== undefined) return value
  }
  throw new AnalysisError('ERR_ANALYSIS_TRUNCATED', 'The property list does not end.')
}

/**
 * Reads a property list in XML where readers must not differ, as with entitlements: a key that
 * stands twice, text between elements and a second value are refused.
 *
 * @throws AnalysisError
 */
export function readXmlPlistStrictly(document: string, budget: Budget): PlistValue {
  const reader = new XmlReader(budget, true)
  let whole: PlistValue | undefined
  for (const token of xmlTokens(document)) {
    const value = reader.take(token)
    if (value !== undefined && whole !== undefined) throw malformed('has a second value')
    whole ??= value
  }
  if (whole !== undefined) return whole
  throw new AnalysisError('ERR_ANALYSIS_TRUNCATED', 'The property list does not end.')
}

class XmlReader {
  readonly #strict: boolean
  readonly #budget: Budget
  readonly #open: Open[] = []
  #leaf: string | undefined
  #text = ''

  constructor(budget: Budget, strict: boolean) {
    this.#budget = budget
    this.#strict = strict
  }

  /** @returns The value of the whole list, once it is complete. */
  take(token: XmlToken): PlistValue | undefined {
    this.#budget.spendSteps()
    if (token.kind === 'text') {
      if (this.#leaf !== undefined) this.#text += token.text
      else if (this.#strict && token.text.trim() !== '') throw malformed('has text between')
      return undefined
    }
    if (token.name === 'plist') return undefined
    return token.kind === 'open' ? this.#begin(token.name) : this.#end(token.name)
  }

  #begin(name: string): undefined {
    if (name !== 'dict' && name !== 'array') {
      if (this.#strict && this.#leaf !== undefined) throw malformed(`has ${name} inside of a value`)
      this.#leaf = name
      this.#text = ''
      return
    }
    if (this.#open.length >= DEPTH_MAX) throw malformed('is nested absurdly')
    this.#open.push({ name, list: [], map: new Map(), key: undefined })
  }

  #end(name: string): PlistValue | undefined {
    if (name === 'dict' || name === 'array') {
      const done = this.#open.pop()
      if (done?.name !== name) throw malformed(`closes ${name} out of order`)
      return this.#add(name === 'dict' ? done.map : done.list)
    }
    if (this.#leaf !== name) throw malformed(`closes ${name} out of order`)
    this.#leaf = undefined
    const parent = this.#open.at(-1)
    if (name !== 'key') return this.#add(leafValue(name, this.#text))
    if (parent?.name !== 'dict') throw malformed('has a key outside of a dictionary')
    parent.key = this.#text
    return undefined
  }

  #add(value: PlistValue): PlistValue | undefined {
    const parent = this.#open.at(-1)
    if (parent === undefined) return value
    if (parent.name === 'array') parent.list.push(value)
    else {
      if (parent.key === undefined) throw malformed('has a value without a key')
      if (this.#strict && parent.map.has(parent.key)) throw malformed('has a key twice')
      parent.map.set(parent.key, value)
      parent.key = undefined
    }
    return undefined
  }
}

function leafValue(name: string, text: string): PlistValue {
  switch (name) {
    case 'string':
      return text
    case 'true':
      return true
    case 'false':
      return false
    case 'data':
      return Buffer.from(text, 'base64')
    case 'date':
      return { atMs: Date.parse(text.trim()) }
    case 'real':
      return Number(text)
    case 'integer':
      return integerOf(text.trim())
    default:
      throw malformed(`has an element ${name.slice(0, 40)}`)
  }
}

function integerOf(text: string): bigint | number {
  const digits = /^([+-]?)(0x[\da-f]{1,16}|\d{1,20})$/i.exec(text)
  if (digits === null) throw malformed('has an integer that is none')
  const [, sign, magnitude = '0'] = digits
  const value = BigInt(magnitude) * (sign === '-' ? -1n : 1n)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function malformed(what: string): AnalysisError {
  return new AnalysisError('ERR_ANALYSIS_MALFORMED', `The property list ${what}.`)
}
