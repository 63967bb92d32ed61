import { assertNever } from '../assert-never.ts'
import type { RuleBody, Step } from '../body.ts'
import type { Filter } from '../expression.ts'
import { type Truth, truthOf } from '../lint/truth.ts'
import { CATEGORY_FIELD, type MappedNames } from './mapped-names.ts'

/** What is missing for a rule to hold. */
export interface Verdict {
  readonly truth: Truth
  /** Fields without which it never holds; those it could do without are left out. */
  readonly fields: readonly string[]
  readonly reason: string
}

/** Decides what can be said of a rule before any event, when some fields never have a value. */
export function judge(body: RuleBody, names: MappedNames): Verdict {
  const truth = bodyTruth(body, names, (field) => names.missing.has(field))
  if (truth !== false) return { truth, fields: [], reason: '' }
  const without = bodyTruth(body, names, () => false)
  if (without === false) {
    const reasons = [...new Set(names.missingGates.values())]
    if (reasons.length === 0) return { truth, fields: [], reason: 'Its condition never holds.' }
    // What such events would carry; a rule that asks for nothing of it wants the category itself.
    const asked = [...names.missing.keys()]
    const fields = asked.length === 0 ? [CATEGORY_FIELD] : asked
    return { truth, fields, reason: `${reasons.join(' ')} (It asks for ${fields.join(', ')}.)` }
  }
  const all = [...names.missing.keys()]
  const decisive = all.filter((one) => bodyTruth(body, names, (field) => field === one) === false)
  const fields = decisive.length > 0 ? decisive : all
  const reasons = fields.map((field) => `${field}: ${names.missing.get(field)}`)
  return { truth, fields, reason: `It needs what no sensor provides (${reasons.join('; ')}).` }
}

type IsMissing = (field: string) => boolean

// oxlint-disable-next-line max-params -- what is judged, and the two ways something is missing
function bodyTruth(body: RuleBody, names: MappedNames, isMissing: IsMissing): Truth {
  switch (body.kind) {
    case 'event':
      return filterTruth(body, names, isMissing)
    case 'sequence':
    case 'sample':
    case 'join': {
      const needed = body.steps.filter(({ missing }) => !missing)
      const never = needed.some((step) => isNever(step, names, isMissing))
      return never ? false : undefined
    }
    case 'correlation':
      return undefined
    default:
      return assertNever(body)
  }
}

// oxlint-disable-next-line max-params -- as bodyTruth
function isNever({ filter, keys }: Step, names: MappedNames, isMissing: IsMissing): boolean {
  const isKeyless = keys.some(({ fields, optional }) => !optional && fields.every(isMissing))
  return isKeyless || filterTruth(filter, names, isMissing) === false
}

// oxlint-disable-next-line max-params -- as bodyTruth
function filterTruth(
  { gate, expression }: Filter,
  names: MappedNames,
  isMissing: IsMissing,
): Truth {
  if (names.missingGates.has(gate)) return false
  return truthOf(expression, isMissing, (subject) => names.missingGates.has(subject.gate))
}
