/**
 * Writes what comes from tables: `npm run generate`. With `--check` it writes nothing and fails
 * when a generated file is out of date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Field, FIELDS } from '../packages/schema/src/fields.ts'
import { commandLinePage } from './command-line-page.ts'
import { coveragePage } from './coverage-page.ts'
import { errorsPage, metricsPage } from './reference-pages.ts'
import { apiPage, configPage } from './server-pages.ts'

const ROOT = join(import.meta.dirname, '..')

interface Branch {
  readonly children: Map<string, Branch>
  field?: Field
}

function tree(fields: readonly Field[]): Branch {
  const root: Branch = { children: new Map() }
  for (const field of fields) {
    let branch = root
    for (const part of field.name.split('.')) {
      const next: Branch = branch.children.get(part) ?? { children: new Map() }
      branch.children.set(part, next)
      branch = next
    }
    if (branch.field !== undefined) throw new Error(`${field.name} stands twice in the field table`)
    branch.field = field
  }
  return root
}

const TYPESCRIPT = {
  keyword: 'string',
  long: 'number',
  double: 'number',
  boolean: 'boolean',
  date: 'string',
  ip: 'string',
} as const

function leafType(field: Field): string {
  const type = TYPESCRIPT[field.type]
  return field.array ? `${type}[]` : type
}

function members(branch: Branch, indent: string): string {
  let text = ''
  for (const [name, child] of branch.children) {
    const key = /^[a-z_]\w*$/i.test(name) ? name : `'${name}'`
    if (child.field !== undefined && child.children.size > 0) {
      throw new Error(`${child.field.name} is both a value and an object`)
    }
    if (child.field === undefined) {
      text += `${indent}${key}?: {\n${members(child, `${indent}  `)}${indent}}\n`
    } else {
      text += `${indent}/** ${child.field.description} */\n`
      text += `${indent}${key}?: ${leafType(child.field)}\n`
    }
  }
  return text
}

function eventTypes(): string {
  return `// Generated from src/fields.ts by \`npm run generate\`. Do not edit.

/**
 * An ECS event while it is being built; everywhere else it is an {@link EcsEvent}.
 * Unknown is absent: no empty text, zero or null stands in for a missing value.
 */
export interface EcsEventDraft {
${members(tree(FIELDS), '  ')}}
`
}

function fieldsPage(): string {
  const rows = FIELDS.map((field) => {
    const type = field.array ? `${field.type}[]` : field.type
    return `| \`${field.name}\` | ${type} | ${field.level} | ${field.source} | ${field.description} |`
  })
  return `# Fields

Generated from \`packages/schema/src/fields.ts\` by \`npm run generate\`. Names and meanings follow ECS 9.4;
\`custom\` fields are ours, under \`macos.*\`. *Source* is the path in the Endpoint Security record, or the part
that adds the value.

| field | type | level | source | meaning |
|---|---|---|---|---|
${rows.join('\n')}
`
}

const outputs = [
  { path: 'packages/schema/src/generated/event.ts', text: eventTypes() },
  { path: 'docs/reference/fields.md', text: fieldsPage() },
  { path: 'docs/reference/errors.md', text: errorsPage() },
  { path: 'docs/reference/metrics.md', text: metricsPage() },
  { path: 'docs/reference/command-line.md', text: await commandLinePage() },
  { path: 'docs/reference/coverage.md', text: coveragePage() },
  { path: 'docs/reference/config.md', text: configPage() },
  { path: 'docs/reference/api.md', text: apiPage() },
]

const checkOnly = process.argv.includes('--check')
let stale = 0
for (const { path, text } of outputs) {
  const file = join(ROOT, path)
  if (!checkOnly) {
    writeFileSync(file, text)
    continue
  }
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    stale += 1
    process.stderr.write(`${path} is out of date: run npm run generate\n`)
  }
}
process.exitCode = stale === 0 ? 0 : 1
