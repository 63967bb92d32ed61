const FIELDS_MAX = 1_024

/**
 * The fields of a pax description: "length key=value\n" one after the other; length counts all of
 * it. What does not add up ends the list.
 */
export function paxFields(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const fields = new Map<string, Uint8Array>()
  for (let at = 0; at < bytes.length && fields.size < FIELDS_MAX;) {
    const blank = bytes.indexOf(0x20, at)
    if (blank === -1 || blank - at > 10) break
    const length = Number(Buffer.from(bytes.subarray(at, blank)).toString('latin1'))
    const end = at + length
    const equals = bytes.indexOf(0x3d, blank)
    const isSound = Number.isSafeInteger(length) && end <= bytes.length && equals < end
    if (!isSound || equals === -1 || end <= blank) break
    const key = Buffer.from(bytes.subarray(blank + 1, equals)).toString('utf8')
    fields.set(key, bytes.subarray(equals + 1, end - 1))
    at = end
  }
  return fields
}
