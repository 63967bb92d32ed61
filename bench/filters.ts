/** Rules as what a matcher takes, from the public corpora and our content. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Expression,
  loadRules,
  parseFieldMapping,
  type Pattern,
  type Rule,
  type RuleSource,
} from '@pomona/rules'
import type { RoutedFilter } from '../packages/detect/src/matcher.ts'
import { SIGMA_RULES } from './lanes.ts'

const ROOT = join(import.meta.dirname, '..')
const SHARED = join(ROOT, '../shared/data/detection')
const SHIPPED = join(ROOT, 'content/rules/*/rule.yml')
const PUBLIC_FOR_MACS = ['sigma/rules*/**/*macos*/**/*.yml', 'elastic/**/*.toml']
/** Words in more than this share of rules are what all rules of a kind name. */
const COMMON_SHARE = 0.02
const WORD = /[a-z]{4,}/gi
const VOWELS = 'aeiou'
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz'

const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

function sources(patterns: readonly string[]): readonly RuleSource[] {
  const paths = patterns.flatMap((pattern) => globSync(pattern).toSorted())
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

/** Every rule for Macs that loads: ours, Sigma's, Elastic's, as a deployment loads them. */
export function rulesForMacs(): readonly Rule[] {
  const patterns = [...PUBLIC_FOR_MACS.map((pattern) => join(SHARED, pattern)), SHIPPED]
  return loadRules(sources(patterns), { mapping }).rules
}

/** All of SigmaHQ's rules, asking by the names their authors wrote. */
export function sigmaFilters(): readonly RoutedFilter[] {
  const options = { mapping, fields: 'raw', purpose: 'evaluate' } as const
  const { rules } = loadRules(sources([join(SIGMA_RULES, '**/*.yml')]), options)
  const filters = rules.flatMap(({ body, logsource }) => {
    return body.kind === 'event'
      ? [{ gate: body.gate, expression: body.expression, logsource }]
      : []
  })
  noteCommonWords(filters)
  return filters
}

const common = new Set<string>()

function noteCommonWords(filters: readonly RoutedFilter[]): void {
  const counts = new Map<string, number>()
  for (const { expression } of filters) {
    const words = JSON.stringify(expression).toLowerCase().match(WORD) ?? []
    for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  for (const [word, count] of counts) if (count > filters.length * COMMON_SHARE) common.add(word)
}

/** The same filter with other words, another set of them each turn. */
export function wordsVaried(filter: RoutedFilter, turn: number): RoutedFilter {
  return { ...filter, expression: varied(filter.expression, turn) }
}

function varied(expression: Expression, turn: number): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { ...expression, operands: expression.operands.map((one) => varied(one, turn)) }
    case 'not':
      return { ...expression, operand: varied(expression.operand, turn) }
    case 'test': {
      const { test } = expression.predicate
      if (test.kind !== 'pattern') return expression
      const other = { ...test, pattern: variedPattern(test.pattern, turn) }
      return { ...expression, predicate: { ...expression.predicate, test: other } }
    }
    case 'keyword': {
      const { test } = expression.keyword
      if (test.kind !== 'pattern') return expression
      const other = { ...test, pattern: variedPattern(test.pattern, turn) }
      return { ...expression, keyword: { ...expression.keyword, test: other } }
    }
    default:
      return expression
  }
}

function variedPattern(pattern: Pattern, turn: number): Pattern {
  return pattern.map((part) => {
    return 'text' in part
      ? { text: part.text.replaceAll(WORD, (word) => variedWord(word, turn)) }
      : part
  })
}

function variedWord(word: string, turn: number): string {
  if (common.has(word.toLowerCase())) return word
  return Array.from(word, (letter) => variedLetter(letter, turn)).join('')
}

function variedLetter(letter: string, turn: number): string {
  const lower = letter.toLowerCase()
  const letters = VOWELS.includes(lower) ? VOWELS : CONSONANTS
  const other = letters.charAt((letters.indexOf(lower) + turn) % letters.length)
  return lower === letter ? other : other.toUpperCase()
}
