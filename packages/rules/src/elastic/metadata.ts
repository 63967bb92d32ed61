import { attackVersionOf, isTactic, Severity, type Technique } from '@pomona/schema'
import type { Position } from '../errors.ts'
import type { ProblemReport } from '../report.ts'
import { type AttackTags, type Metadata, RISK_BY_SEVERITY } from '../sigma/metadata.ts'
import { numberAt, tableOf, tablesOf, textAt, textsAt, type TomlTable } from './table.ts'

/** The tables of a rule file. */
export interface ElasticRule {
  readonly root: TomlTable
  readonly rule: TomlTable
  readonly at: Position
}

/** Behaviour rules have no severity of their own: Elastic's endpoint stops what they match. */
const SEVERITY_DEFAULT: Severity = 'high'
const TEXTS_MAX = 100

/** Reads what a rule of Elastic says besides what it detects. */
export function readElasticMetadata(
  { root, rule, at }: ElasticRule,
  report: ProblemReport,
): Metadata {
  const id = textAt(rule, 'rule_id') ?? textAt(rule, 'id')
  const name = textAt(rule, 'name')
  if (id === undefined) {
    report.add('WARN_RULE_ID_MISSING', 'The rule has no id; alerts are named after the file.', {
      at,
    })
  }
  const severity = severityOf(rule, report, at)
  const description = textAt(rule, 'description')?.trim()
  const metadata = tableOf(root, 'metadata') ?? {}
  const status = textAt(metadata, 'maturity')
  const author = textsAt(rule, 'author').join(', ')
  return {
    id,
    name,
    severity,
    riskScore: riskOf(rule, severity),
    ...attackOf([...tablesOf(rule, 'threat'), ...tablesOf(root, 'threat')]),
    tags: textsAt(rule, 'tags').slice(0, TEXTS_MAX),
    references: [...textsAt(rule, 'references'), ...textsAt(rule, 'reference')].slice(0, TEXTS_MAX),
    falsePositives: textsAt(rule, 'false_positives')
      .slice(0, TEXTS_MAX)
      .map((text) => text.trim()),
    response: responsesOf(root),
    ...(description === undefined ? {} : { description }),
    ...(author === '' ? {} : { author }),
    ...(status === undefined ? {} : { status }),
  }
}

function severityOf(rule: TomlTable, report: ProblemReport, at: Position): Severity {
  const written = textAt(rule, 'severity')
  if (written === undefined) return SEVERITY_DEFAULT
  const parsed = Severity.safeParse(written)
  if (parsed.success) return parsed.data
  report.add('WARN_RULE_LEVEL', `The severity "${written}" is unknown; "high" is used.`, { at })
  return SEVERITY_DEFAULT
}

function riskOf(rule: TomlTable, severity: Severity): number {
  const risk = numberAt(rule, 'risk_score')
  const isRisk = risk !== undefined && Number.isInteger(risk) && risk >= 0 && risk <= 100
  return isRisk ? risk : RISK_BY_SEVERITY[severity]
}

/** For tables whose name is none of ATT&CK's. Version 19 gave TA0005 to *stealth*. */
const TACTIC_BY_ID: Readonly<Record<string, string>> = {
  TA0001: 'initial-access',
  TA0002: 'execution',
  TA0003: 'persistence',
  TA0004: 'privilege-escalation',
  TA0005: 'defense-evasion',
  TA0006: 'credential-access',
  TA0007: 'discovery',
  TA0008: 'lateral-movement',
  TA0009: 'collection',
  TA0010: 'exfiltration',
  TA0011: 'command-and-control',
  TA0040: 'impact',
  TA0042: 'resource-development',
  TA0043: 'reconnaissance',
  TA0112: 'defense-impairment',
}
const TECHNIQUE = /^T\d{4}(?:\.\d{3})?$/

function tacticOf(threat: TomlTable): string | undefined {
  const tactic = tableOf(threat, 'tactic') ?? {}
  const name = (textAt(tactic, 'name') ?? '').toLowerCase().replaceAll(' ', '-')
  return isTactic(name) ? name : TACTIC_BY_ID[textAt(tactic, 'id') ?? '']
}

function attackOf(threats: readonly TomlTable[]): AttackTags {
  const tactics = new Set<string>()
  const techniques = new Map<string, Set<string>>()
  for (const threat of threats.slice(0, TEXTS_MAX)) {
    const tactic = tacticOf(threat)
    if (tactic !== undefined) tactics.add(tactic)
    const named = tablesOf(threat, 'technique')
    for (const table of [...named, ...named.flatMap((one) => tablesOf(one, 'subtechnique'))]) {
      const id = textAt(table, 'id') ?? ''
      if (!TECHNIQUE.test(id)) continue
      const served = techniques.get(id) ?? new Set()
      if (tactic !== undefined) served.add(tactic)
      techniques.set(id, served)
    }
  }
  return {
    attackVersion: attackVersionOf({ tactics, techniques: techniques.keys() }),
    techniques: [...techniques].map(([id, served]): Technique => ({ id, tactics: [...served] })),
    tactics: [...tactics],
  }
}

/** `kill_process process.entity_id of step 1`: what the endpoint would do at once. */
function responsesOf(root: TomlTable): readonly string[] {
  const actions = tablesOf(root, 'actions').slice(0, TEXTS_MAX)
  return actions.flatMap((action) => {
    const name = textAt(action, 'action')
    if (name === undefined) return []
    const field = textAt(action, 'field')
    const state = numberAt(action, 'state')
    const where = state === undefined ? '' : ` of step ${state + 1}`
    return [field === undefined ? name : `${name} ${field}${where}`]
  })
}
