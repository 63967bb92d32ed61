/** A reference between the objects of an archived graph. */
export interface PlistUid {
  readonly uid: number
}

/** A date. */
export interface PlistDate {
  /** Milliseconds since 1970, UTC. */
  readonly atMs: number
}

/** What a property list can hold. Dictionaries are maps: their keys are anybody's. */
export type PlistValue =
  | bigint
  | boolean
  | number
  | string
  | Uint8Array
  | PlistDate
  | PlistUid
  | readonly PlistValue[]
  | PlistMap

/** A dictionary. */
export type PlistMap = ReadonlyMap<string, PlistValue>

/** The dictionary a value is; undefined for any other. */
export function plistMap(value: PlistValue | undefined): PlistMap | undefined {
  return value instanceof Map ? value : undefined
}

/** The list a value is; undefined for any other. */
export function plistList(value: PlistValue | undefined): readonly PlistValue[] | undefined {
  // Array.isArray forgets that the elements are values.
  return Array.isArray(value) ? (value as readonly PlistValue[]) : undefined
}

/** The text a value is; undefined for any other. */
export function plistText(value: PlistValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
