/** Reference pages that are read out of the sources: error codes and metrics. */
import { type ObjectExpression, Visitor } from 'oxc-parser'
import { type SourceFile, sources, workspaces } from '../tests/source-tree.ts'

const GENERATED_BY = 'Generated from the sources by `npm run generate`.'

/** A cell of a Markdown table. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}

/** The written text of a string or template; what is filled in at run time shows as an ellipsis. */
function literalText(node: object | undefined): string | undefined {
  if (node === undefined) return undefined
  if ('value' in node && typeof node.value === 'string') return node.value
  if ('quasis' in node && Array.isArray(node.quasis)) {
    const parts = node.quasis as readonly { readonly value: { readonly cooked: string } }[]
    return parts.map(({ value }) => value.cooked).join('…')
  }
  if ('operator' in node && node.operator === '+' && 'left' in node && 'right' in node) {
    // Both sides of a concatenation are expressions, by the grammar.
    const sides = [node.left, node.right].map((side) => literalText(side as object))
    return sides.every((side) => side === undefined)
      ? undefined
      : sides.map((side) => side ?? '…').join('')
  }
  return undefined
}

interface ErrorSource {
  readonly message: string
  readonly path: string
}

/**
 * Where each code is given a message: any call whose first string is a code and whose next one is
 * text.
 */
function errorSources(files: readonly SourceFile[]): ReadonlyMap<string, readonly ErrorSource[]> {
  const found = new Map<string, ErrorSource[]>()
  const note = (path: string, args: readonly object[]) => {
    const at = args.findIndex((arg) => /^(?:ERR|WARN)_[A-Z0-9_]+$/.test(literalText(arg) ?? ''))
    const code = literalText(args[at])
    const message = literalText(args[at + 1])
    if (code === undefined || message === undefined) return
    found.set(code, [...(found.get(code) ?? []), { message, path }])
  }
  for (const { path, program } of files) {
    new Visitor({
      CallExpression: (node) => note(path, node.arguments),
      NewExpression: (node) => note(path, node.arguments),
    }).visit(program)
  }
  return found
}

/**
 * Codes of an errors.ts in the order they are declared, with the comment that stands before each.
 */
function declaredCodes({ text, comments }: SourceFile): readonly { code: string; note: string }[] {
  return [...text.matchAll(/'((?:ERR|WARN)_[A-Z0-9_]+)'/g)].map((match) => {
    const before = comments.findLast(({ end }) => {
      return end <= match.index && /^[\s|]*$/.test(text.slice(end, match.index))
    })
    return { code: match[1] ?? '', note: before?.value.replaceAll(/^[\s*]+|\n\s*\*/g, ' ') ?? '' }
  })
}

/** The declarations: a code may stand in its file again, where it is thrown. */
function unique(codes: ReturnType<typeof declaredCodes>): ReturnType<typeof declaredCodes> {
  return codes.filter(({ code }, index) => codes.findIndex((one) => one.code === code) === index)
}

/** `docs/reference/errors.md`: every code of every package, with the messages it comes with. */
export function errorsPage(): string {
  const sections = workspaces().flatMap(({ name, folder }) => {
    const files = sources(`${folder}/src/**/*.{ts,tsx}`)
    const messages = errorSources(files)
    const codes = files.filter(({ path }) => path.endsWith('/errors.ts')).flatMap(declaredCodes)
    if (codes.length === 0) return []
    const rows = unique(codes).map(({ code, note }) => {
      const texts = (messages.get(code) ?? []).map(({ message }) => cell(message))
      const meaning = [cell(note), [...new Set(texts)].join(' · ')].filter((part) => part !== '')
      return `| \`${code}\` | ${meaning.join(' — ')} |`
    })
    return [
      `## ${name}\n\n| code | when, and the messages it comes with |\n|---|---|\n${rows.join('\n')}\n`,
    ]
  })
  return `# Error codes

${GENERATED_BY} The code is the contract; the message is for people and may
change. An ellipsis stands for what the message names at run time.

${sections.join('\n')}`
}

interface Metric {
  readonly name: string
  readonly kind: string
  readonly description: string
}

function property(node: ObjectExpression, key: string): string | undefined {
  for (const entry of node.properties) {
    if (entry.type !== 'Property' || entry.key.type !== 'Identifier') continue
    if (entry.key.name === key) return literalText(entry.value)
  }
  return undefined
}

function stageMetrics(name: string, about: string): readonly Metric[] {
  return [
    { name: `pomona_${name}_received_total`, kind: 'counter', description: `${about}: received.` },
    { name: `pomona_${name}_sent_total`, kind: 'counter', description: `${about}: sent on.` },
    {
      name: `pomona_${name}_discarded_total`,
      kind: 'counter',
      description: `${about}: discarded; labels \`reason\` and \`intentional\`.`,
    },
    {
      name: `pomona_${name}_held`,
      kind: 'gauge',
      description: `${about}: received, not yet sent or discarded.`,
    },
  ]
}

/** Metrics as the sources declare them: stages, `registry.counter(name, text)` and gauges. */
function metricsOf({ program }: SourceFile): readonly Metric[] {
  const found: Metric[] = []
  new Visitor({
    CallExpression(node) {
      const [first, second] = node.arguments
      const name = literalText(first)
      if (name?.startsWith('pomona_') !== true || name.includes('…')) return
      found.push({ name, kind: 'counter', description: literalText(second) ?? '' })
    },
    ObjectExpression(node) {
      const name = property(node, 'name')
      const description = property(node, 'description')
      if (name === undefined || description === undefined) return
      if (name.startsWith('pomona_') && !name.includes('…'))
        found.push({ name, kind: 'gauge', description })
    },
    NewExpression(node) {
      const [options] = node.arguments
      const isStage = node.callee.type === 'Identifier' && node.callee.name.endsWith('Stage')
      if (!isStage || options?.type !== 'ObjectExpression') return
      const name = property(options, 'name')
      const description = property(options, 'description')
      if (name !== undefined && description !== undefined) {
        found.push(...stageMetrics(name, description))
      }
    },
  }).visit(program)
  return found
}

/** `docs/reference/metrics.md`: everything `/metrics` prints. */
export function metricsPage(): string {
  const metrics = sources('apps/*/src/**/*.ts').flatMap(metricsOf)
  const byName = new Map(metrics.map((metric) => [metric.name, metric]))
  const rows = [...byName.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, kind, description }) => `| \`${name}\` | ${kind} | ${cell(description)} |`)
  return `# Metrics

${GENERATED_BY} The server prints them at \`GET /metrics\` in Prometheus text format.
For every stage, always: **received = sent + discarded + held**.

| metric | kind | meaning |
|---|---|---|
${rows.join('\n')}
`
}
