import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import {
  childrenOf,
  type DerElement,
  isContext,
  isTag,
  readElement,
  TAG,
  TAG_CLASS,
} from '../der/element.ts'
import { integerValue, octets, stringValue } from '../der/values.ts'
import { AnalysisError } from '../errors.ts'
import { hashOfNames } from '../mach-o/similarity-hashes.ts'
import { canonicalPlist } from '../plist/canonical.ts'
import { plistList, type PlistMap, plistMap, type PlistValue } from '../plist/value.ts'
import { readXmlPlistStrictly } from '../plist/xml.ts'

// The DER form: [APPLICATION 16] { INTEGER 1, [CONTEXT 16] { SEQUENCE { UTF8String, value } … } };
// a value is BOOLEAN, INTEGER, UTF8String, OCTET STRING, SEQUENCE of values, or [CONTEXT 16].
const TAG_DICTIONARY = 16

function derValue(element: DerElement, budget: Budget): PlistValue {
  const { content, tag } = element
  if (isContext(element, TAG_DICTIONARY)) {
    return budget.nested(() => derDictionary(element, budget))
  }
  if (isTag(element, TAG.boolean)) return content.u8(0) !== 0
  if (isTag(element, TAG.integer)) {
    const value = integerValue(element)
    const exact = Number(value)
    return Number.isSafeInteger(exact) ? exact : value
  }
  if (isTag(element, TAG.utf8String)) return stringValue(element)
  if (isTag(element, TAG.octetString)) return octets(element, budget)
  if (isTag(element, TAG.sequence)) {
    return budget.nested(() => childrenOf(element, budget).map((one) => derValue(one, budget)))
  }
  throw new AnalysisError('ERR_ANALYSIS_MALFORMED', `Entitlements have the tag ${tag}.`)
}

function derDictionary(element: DerElement, budget: Budget): PlistMap {
  const found = new Map<string, PlistValue>()
  for (const pair of childrenOf(element, budget)) {
    const [key, value] = childrenOf(pair, budget)
    if (!isTag(key, TAG.utf8String) || value === undefined) {
      throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'An entitlement has no key or value.')
    }
    const name = stringValue(key)
    if (found.has(name)) {
      throw new AnalysisError('ERR_ANALYSIS_MALFORMED', `The entitlement ${name} stands twice.`)
    }
    found.set(name, derValue(value, budget))
  }
  return found
}

/**
 * Reads a dictionary in Apple's DER form: entitlements, launch constraints.
 *
 * @param content The blob without its header.
 * @throws        AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED, ERR_ANALYSIS_LIMIT.
 */
export function readDerDictionary(content: ByteView, budget: Budget): PlistMap {
  const outer = readElement(content, 0, budget)
  const isWrapped = outer.tagClass === TAG_CLASS.application && outer.tag === TAG_DICTIONARY
  const [, dictionary] = isWrapped ? childrenOf(outer, budget) : []
  if (!isContext(dictionary, TAG_DICTIONARY)) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'There is no dictionary in the DER.')
  }
  return derDictionary(dictionary, budget)
}

/**
 * Reads entitlements in XML.
 *
 * @throws AnalysisError ERR_ANALYSIS_MALFORMED, also when they are no dictionary.
 */
export function readXmlEntitlements(content: ByteView, budget: Budget): PlistMap {
  const value = plistMap(readXmlPlistStrictly(content.text(0, content.length), budget))
  if (value !== undefined) return value
  throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The entitlements are no dictionary.')
}

function namesIn(value: PlistValue, inList: boolean): readonly string[] {
  const map = plistMap(value)
  if (map !== undefined) return [...map].flatMap(([key, one]) => [key, ...namesIn(one, inList)])
  const list = plistList(value)
  if (list !== undefined) return list.flatMap((one) => namesIn(one, true))
  const isText = typeof value === 'string' || typeof value === 'number'
  return inList && isText ? [String(value)] : []
}

/**
 * MD5 over the keys of entitlements and what their lists hold, as YARA-X's `entitlement_hash` has
 * it for lists that are written over several lines.
 */
export function entitlementHash(xml: PlistMap): string | undefined {
  return hashOfNames(namesIn(xml, false))
}

/** An entitlement that the two forms do not state alike. */
export interface EntitlementDifference {
  readonly key: string
  readonly kind: 'only_xml' | 'only_der' | 'value'
}

/**
 * Compares the two forms key by key. The kernel reads the DER, older systems and people the XML:
 * what only one of them says is how entitlements are smuggled in.
 */
export function compareEntitlements(forms: {
  readonly xml: PlistMap
  readonly der: PlistMap
}): readonly EntitlementDifference[] {
  const { xml, der } = forms
  const keys = [...new Set([...xml.keys(), ...der.keys()])].toSorted()
  return keys.flatMap((key): EntitlementDifference[] => {
    const [one, other] = [xml.get(key), der.get(key)]
    if (one === undefined) return [{ key, kind: 'only_der' }]
    if (other === undefined) return [{ key, kind: 'only_xml' }]
    return canonicalPlist(one) === canonicalPlist(other) ? [] : [{ key, kind: 'value' }]
  })
}
