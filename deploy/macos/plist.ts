/** What a property list of ours can hold. */
export type PlistValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly PlistValue[]
  | { readonly [key: string]: PlistValue }

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`

/**
 * Writes an XML property list, keys in the order given.
 *
 * @throws TypeError for a number that is not whole: none of ours is.
 */
export function plistText(value: PlistValue): string {
  return `${HEAD}${element(value, '')}</plist>\n`
}

/** Text as XML carries it, in elements and in attributes. */
export function xmlText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function element(value: PlistValue, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${xmlText(value)}</string>\n`
  if (typeof value === 'boolean') return `${indent}<${value}/>\n`
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not a whole number.`)
    return `${indent}<integer>${value}</integer>\n`
  }
  if (value instanceof Uint8Array) {
    return `${indent}<data>${Buffer.from(value).toString('base64')}</data>\n`
  }
  return isArray(value) ? arrayElement(value, indent) : dictElement(value, indent)
}

// Array.isArray does not narrow a readonly array.
function isArray(value: object): value is readonly PlistValue[] {
  return Array.isArray(value)
}

function arrayElement(values: readonly PlistValue[], indent: string): string {
  if (values.length === 0) return `${indent}<array/>\n`
  const inner = values.map((value) => element(value, `${indent}\t`)).join('')
  return `${indent}<array>\n${inner}${indent}</array>\n`
}

function dictElement(dict: { readonly [key: string]: PlistValue }, indent: string): string {
  const entries = Object.entries(dict)
  if (entries.length === 0) return `${indent}<dict/>\n`
  const inner = entries
    .map(
      ([key, value]) => `${indent}\t<key>${xmlText(key)}</key>\n${element(value, `${indent}\t`)}`,
    )
    .join('')
  return `${indent}<dict>\n${inner}${indent}</dict>\n`
}
