/** Writes one element of DER. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const length = content.length
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const digits = length.toString(16)
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content])
}

/** SEQUENCE, SET, OCTET STRING and the rest by the tags they have. */
export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
} as const

/** An object identifier. */
export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f]
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left & 0x7f) | 0x80)
    }
    return groups
  })
  return der(DER_TAG.oid, Uint8Array.from(bytes))
}

/** A whole number that is not negative and below 2^48. */
export function derInteger(value: number): Buffer {
  const digits = value.toString(16)
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const isHigh = (bytes[0] ?? 0) >= 0x80
  return der(DER_TAG.integer, isHigh ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

/** A UTF-8 string. */
export function derText(text: string): Buffer {
  return der(DER_TAG.utf8, Buffer.from(text))
}

/** A time, as GeneralizedTime. */
export function derTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return der(DER_TAG.generalizedTime, Buffer.from(digits))
}

/** `SEQUENCE { OID, NULL }`. */
export function derAlgorithm(oid: string): Buffer {
  return der(DER_TAG.sequence, derOid(oid), der(DER_TAG.null))
}

/** A value of entitlements or launch constraints. */
export type DerValue = boolean | number | string | readonly DerValue[] | { [key: string]: DerValue }

function derValue(value: DerValue): Buffer {
  if (typeof value === 'boolean') return der(DER_TAG.boolean, Buffer.of(value ? 0xff : 0))
  if (typeof value === 'number') return derInteger(value)
  if (typeof value === 'string') return derText(value)
  if (Array.isArray(value)) return der(DER_TAG.sequence, ...value.map(derValue))
  const pairs = Object.entries(value).map(([key, one]) =>
    der(DER_TAG.sequence, derText(key), derValue(one)),
  )
  return der(0xb0, ...pairs)
}

/** A dictionary as Apple writes it in signatures. */
export function derDictionary(value: { [key: string]: DerValue }): Buffer {
  return der(0x70, derInteger(1), derValue(value))
}
