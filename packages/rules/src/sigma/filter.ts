import type { Position } from '../errors.ts'
import type { ProblemReport } from '../report.ts'
import type { LogSource } from '../rule.ts'
import { readLogSource } from './metadata.ts'
import { entryOf } from './yaml-tree.ts'
import type { YamlMap, YamlNode } from './yaml-tree.ts'

/** A rule another document names, and where. */
export interface RuleReference {
  readonly text: string
  readonly at: Position
}

/** The section `filter` of a filter document. */
export interface FilterSection {
  readonly logsource: LogSource
  /** The rules it belongs to; every rule of the logsource when absent. */
  readonly rules: readonly RuleReference[] | undefined
  /** Its search identifiers and condition, as a detection has them. */
  readonly detection: YamlMap
}

const ALL_RULES: ReadonlySet<string> = new Set(['any', 'all'])
const REFERENCES_MAX = 10_000

/**
 * Reads the section `filter` and the logsource of a filter document.
 *
 * @returns `undefined` when a problem was reported.
 * @see     Sigma specification 2.1.0, filters; `rules: any` is of the draft of 2.2.
 */
export function readFilter(root: YamlMap, report: ProblemReport): FilterSection | undefined {
  const entry = entryOf(root, 'filter')
  const at = entry?.at ?? root.at
  const logsource = readLogSource(root)
  if (logsource === undefined || Object.keys(logsource).length === 0) {
    const message = 'A filter needs a logsource that says which rules it may belong to.'
    report.add('ERR_RULE_LOGSOURCE', message, { at: entryOf(root, 'logsource')?.at ?? root.at })
  }
  if (entry?.value.kind !== 'map') {
    report.add('ERR_RULE_FILTER', 'filter must be a map of rules, selections and a condition.', {
      at,
    })
    return undefined
  }
  const condition = entryOf(entry.value, 'condition')
  if (condition?.value.kind !== 'scalar') {
    const message = 'A filter needs one condition, a text.'
    report.add('ERR_RULE_FILTER', message, { at: condition?.at ?? at })
  }
  const entries = entry.value.entries.filter(({ key }) => key !== 'rules')
  const rules = readRules(entryOf(entry.value, 'rules')?.value, report, at)
  if (report.fatal || logsource === undefined) return undefined
  return { logsource, rules, detection: { ...entry.value, entries } }
}

// oxlint-disable-next-line max-params -- a node, where it would be, and who is told
function readRules(
  node: YamlNode | undefined,
  report: ProblemReport,
  at: Position,
): readonly RuleReference[] | undefined {
  const references = readReferences(node)
  if (references === undefined) {
    const message =
      'A filter needs "rules": "any", or a list of ids, names or titles of the rules it is for.'
    report.add('ERR_RULE_FILTER', message, { at: node?.at ?? at })
    return undefined
  }
  const [only] = references
  const isAll = node?.kind === 'scalar' && ALL_RULES.has(only?.text.toLowerCase() ?? '')
  return isAll || references.length === 0 ? undefined : references
}

/** Reads one reference or a list of them; `undefined` when it is neither. */
export function readReferences(node: YamlNode | undefined): readonly RuleReference[] | undefined {
  if (node === undefined || node.kind === 'map') return undefined
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length > REFERENCES_MAX) return undefined
  const references = items.flatMap((item) => {
    const isText = item.kind === 'scalar' && item.value !== null && item.text !== ''
    return isText ? [{ text: item.text, at: item.at }] : []
  })
  return references.length === items.length ? references : undefined
}

/** Whether every attribute that the filter's logsource gives is also the rule's. */
export function logsourceContains({
  filter,
  rule,
}: {
  readonly filter: LogSource
  readonly rule: LogSource
}): boolean {
  return (['category', 'product', 'service'] as const).every((key) => {
    return filter[key] === undefined || filter[key].toLowerCase() === rule[key]?.toLowerCase()
  })
}
