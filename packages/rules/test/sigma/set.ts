import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CorrelationBody,
  loadRules,
  parseFieldMapping,
  type Rule,
  type RuleOutcome,
  type SigmaOptions,
} from '../../src/index.ts'

const ROOT = join(import.meta.dirname, '../../../..')

/** The mapping that is shipped. */
export const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

/** Loads texts as one set; each is a file `a.yml`, `b.yml`, …. */
export function loadSet(
  texts: readonly string[],
  options: Partial<SigmaOptions> = {},
): readonly RuleOutcome[] {
  const sources = texts.map((text, index) => {
    return { path: `${String.fromCodePoint(97 + index)}.yml`, text }
  })
  return loadRules(sources, { mapping, ...options }).outcomes
}

/** A detection named `name` that asks for one process. */
export function detection(name: string, more = ''): string {
  return `title: Title of ${name}
name: ${name}
id: id-of-${name}
level: low
logsource: { product: macos, category: process_creation }
detection:
  s: { Image|endswith: /${name} }
  condition: s
${more}`
}

/** A correlation `name` with a section. */
export function correlation(name: string, section: string, more = ''): string {
  return `title: Title of ${name}
name: ${name}
id: id-of-${name}
level: high
correlation:
${section.trim().replaceAll(/^/gm, '  ')}
${more}`
}

/** The rule of an outcome that must be loaded. */
export function ruleOf(outcome: RuleOutcome | undefined): Rule {
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return outcome.rule
}

/** The body of a correlation that must be loaded. */
export function bodyOf(outcome: RuleOutcome | undefined): CorrelationBody {
  const { body } = ruleOf(outcome)
  if (body.kind !== 'correlation') throw new Error(body.kind)
  return body
}
