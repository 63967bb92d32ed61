import { plistList, plistMap, type PlistValue } from './value.ts'

/**
 * A text that is equal for equal values and unlike for others. The order of keys means nothing in
 * a dictionary, and everything in a list.
 */
export function canonicalPlist(value: PlistValue): string {
  if (value instanceof Uint8Array) return `data:${Buffer.from(value).toString('hex')}`
  const map = plistMap(value)
  if (map !== undefined) {
    const pairs = [...map].map(([key, one]) => `${JSON.stringify(key)}:${canonicalPlist(one)}`)
    return `{${pairs.toSorted().join(',')}}`
  }
  const list = plistList(value)
  if (list !== undefined) return `[${list.map(canonicalPlist).join(',')}]`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'object') return 'atMs' in value ? `date:${value.atMs}` : 'other'
  return typeof value === 'boolean' ? `boolean:${value}` : `number:${value}`
}

/**
 * A value as JSON has it: bytes in base64, dictionaries as objects, dates and numbers beyond 2^53
 * as texts.
 */
export function plistJson(value: PlistValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  const map = plistMap(value)
  if (map !== undefined) {
    return Object.fromEntries([...map].map(([key, one]) => [key, plistJson(one)]))
  }
  const list = plistList(value)
  if (list !== undefined) return list.map(plistJson)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return value
  if (!('atMs' in value)) return value
  return Number.isFinite(value.atMs) ? new Date(value.atMs).toISOString() : 'invalid'
}
