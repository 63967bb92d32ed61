import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import { readRequirement, type Requirement } from './expression.ts'
import { requirementText } from './text.ts'

// Requirements, big endian: magic 0xfade0c01, length, count, count × { type, offset }.
const SET_MAGIC = 0xfade0c01
const TYPES = ['', 'host', 'guest', 'designated', 'library', 'plugin'] as const
const COUNT_MAX = 32

/** One requirement of a signature. */
export interface SignatureRequirement {
  /** What it is asked for: `designated` names this code, `library` what it loads. */
  readonly type: string
  readonly requirement: Requirement
  readonly text: string
}

/**
 * Reads the requirements of a signature.
 *
 * @param view The blob with its header.
 * @throws     AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 */
export function readRequirementSet(
  view: ByteView,
  budget: Budget,
): readonly SignatureRequirement[] {
  const count = view.u32(8)
  if (view.u32(0) !== SET_MAGIC || count > COUNT_MAX) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The requirements cannot be read.')
  }
  return Array.from({ length: count }, (_, index) => {
    const [code, offset] = [view.u32(12 + index * 8), view.u32(16 + index * 8)]
    const requirement = readRequirement(view.from(offset), budget)
    return {
      type: TYPES[code] ?? `type ${code}`,
      requirement,
      text: requirementText(requirement),
    }
  })
}
