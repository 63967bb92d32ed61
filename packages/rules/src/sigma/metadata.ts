import {
  type AttackNames,
  attackVersionOf,
  attackVersions,
  isTactic,
  SEVERITIES,
  Severity,
  TACTICS,
  type Technique,
  techniqueAliases,
} from '@pomona/schema'
import { nearestName } from '../nearest.ts'
import type { ProblemReport } from '../report.ts'
import type { LogSource } from '../rule.ts'
import { entryOf, textOf, textsOf } from './yaml-tree.ts'
import type { YamlMap } from './yaml-tree.ts'

/**
 * Risk of a rule by its level, on the scale Elastic's rules use, so that mixed rule sets sort
 * together. A rule's own `risk_score` key comes before it.
 */
export const RISK_BY_SEVERITY: Readonly<Record<Severity, number>> = {
  informational: 5,
  low: 21,
  medium: 47,
  high: 73,
  critical: 99,
}

/** What the rule's tags say about ATT&CK. */
export interface AttackTags {
  readonly attackVersion: string
  readonly techniques: readonly Technique[]
  readonly tactics: readonly string[]
}

const TECHNIQUE = /^t\d{4}(?:\.\d{3})?$/
const OTHER_ATTACK = /^(?:[sgcm]|ds)\d{4}$/
const TEXTS_MAX = 100

function attackTags(root: YamlMap, report: ProblemReport): AttackTags {
  const tactics = new Set<string>()
  const ids = new Set<string>()
  for (const tag of textsOf(root, 'tags').slice(0, TEXTS_MAX)) {
    const [space, ...rest] = tag.trim().toLowerCase().split('.')
    if (space !== 'attack') continue
    const name = rest.join('.')
    const tactic = name.replaceAll('_', '-')
    if (isTactic(tactic)) tactics.add(tactic)
    else if (TECHNIQUE.test(name)) ids.add(name.toUpperCase())
    else if (!OTHER_ATTACK.test(name)) {
      const at = entryOf(root, 'tags')?.at ?? root.at
      const nearest = nearestName(tactic, TACTICS)
      report.add('WARN_RULE_TAG', `The tag "${tag}" is no ATT&CK tactic or id.`, { at, nearest })
    }
  }
  warnOfMixture({ tactics, techniques: ids }, root, report)
  return {
    attackVersion: attackVersionOf({ tactics, techniques: ids }),
    // Sigma's tags do not say which technique serves which tactic: each gets all of the rule.
    techniques: [...ids].map((id) => ({ id, tactics: [...tactics] })),
    tactics: [...tactics],
  }
}

/** Names of two versions are understood, but an alert can say only one version. */
function warnOfMixture(names: AttackNames, root: YamlMap, report: ProblemReport): void {
  const { old, split } = attackVersions(names)
  if (old.length === 0 || split.length === 0) return
  const renamed = old.flatMap((name) => {
    const now = isTactic(name) ? ['stealth or defense-impairment'] : techniqueAliases(name)
    return [`${name} (now ${now.join(', ')})`]
  })
  const message = `The tags mix ATT&CK 19 (${split.join(', ')}) with 18: ${renamed.join(', ')}.`
  report.add('WARN_RULE_TAG', message, { at: entryOf(root, 'tags')?.at ?? root.at })
}

function severityOf(root: YamlMap, report: ProblemReport): Severity {
  const level = textOf(root, 'level')
  const parsed = Severity.safeParse(level?.toLowerCase())
  if (parsed.success) return parsed.data
  const at = entryOf(root, 'level')?.at ?? root.at
  const said = level === undefined ? 'has no level' : `has the unknown level "${level}"`
  const nearest = level === undefined ? undefined : nearestName(level, SEVERITIES)
  report.add('WARN_RULE_LEVEL', `The rule ${said}; "medium" is used.`, { at, nearest })
  return 'medium'
}

function riskOf(root: YamlMap, severity: Severity, report: ProblemReport): number {
  const written = textOf(root, 'risk_score')
  if (written === undefined) return RISK_BY_SEVERITY[severity]
  const risk = Number(written)
  if (Number.isInteger(risk) && risk >= 0 && risk <= 100) return risk
  const at = entryOf(root, 'risk_score')?.at ?? root.at
  const message = `risk_score must be a whole number from 0 to 100, not "${written}".`
  report.add('WARN_RULE_RISK_SCORE', message, { at })
  return RISK_BY_SEVERITY[severity]
}

/** Everything a Sigma rule says besides what it detects. */
export interface Metadata extends AttackTags {
  readonly id: string | undefined
  readonly name: string | undefined
  readonly severity: Severity
  readonly riskScore: number
  readonly tags: readonly string[]
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
  readonly response: readonly string[]
  readonly description?: string
  readonly author?: string
  readonly status?: string
}

/** Reads a rule's metadata; what is missing or odd is a warning, since the rule still detects. */
export function readMetadata(root: YamlMap, report: ProblemReport): Metadata {
  const id = textOf(root, 'id')
  const name = textOf(root, 'title') ?? textOf(root, 'name')
  const hint = 'alerts are named after the file and line until it has one'
  if (id === undefined) {
    report.add('WARN_RULE_ID_MISSING', `The rule has no id; ${hint}.`, { at: root.at })
  }
  if (name === undefined) {
    report.add('WARN_RULE_TITLE_MISSING', `The rule has no title; ${hint}.`, { at: root.at })
  }
  const severity = severityOf(root, report)
  const description = textOf(root, 'description')?.trim()
  const author = textOf(root, 'author')
  const status = textOf(root, 'status')
  return {
    id,
    name,
    severity,
    riskScore: riskOf(root, severity, report),
    ...attackTags(root, report),
    tags: textsOf(root, 'tags').slice(0, TEXTS_MAX),
    references: textsOf(root, 'references').slice(0, TEXTS_MAX),
    falsePositives: textsOf(root, 'falsepositives').slice(0, TEXTS_MAX),
    response: textsOf(root, 'response').slice(0, TEXTS_MAX),
    ...(description === undefined ? {} : { description }),
    ...(author === undefined ? {} : { author }),
    ...(status === undefined ? {} : { status }),
  }
}

/** Reads `logsource`; attributes of other names are allowed and have no effect. */
export function readLogSource(root: YamlMap): LogSource | undefined {
  const node = entryOf(root, 'logsource')?.value
  if (node?.kind !== 'map') return undefined
  const category = textOf(node, 'category')
  const product = textOf(node, 'product')
  const service = textOf(node, 'service')
  return {
    ...(category === undefined ? {} : { category }),
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
  }
}
