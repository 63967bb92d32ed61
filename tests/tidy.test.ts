/** Sizes, documents and manners of the tree, as CONTRIBUTING.md asks for them. */
import { deepEqual, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import {
  type Comment,
  type Node,
  type ParamPattern,
  parseSync,
  type Span,
  Visitor,
} from 'oxc-parser'
import { lineAt, paths, ROOT, type SourceFile, sources, workspaces } from './source-tree.ts'

const SOURCES = ['packages/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}'] as const
const CODE = [
  ...SOURCES,
  '{packages,apps}/*/test/**/*.{ts,tsx}',
  '{tests,scripts,bench,deploy}/**/*.ts',
]
const COLUMNS_MAX = 100
/** Columns from which on a text in the source counts as long. */
const TEXT_LONG = 40

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const where = ({ path, text }: SourceFile, node: { start: number }, what: string): string =>
  `${path}:${lineAt(text, node.start)} ${what}`

// Function length, file length and the number of parameters are oxlint's: see .oxlintrc.json.

/** Lines that hold a long text: what is printed is not cut to fit. */
function linesOfLongTexts({ text, program }: SourceFile): ReadonlySet<number> {
  const lines = new Set<number>()
  const note = ({ start, end }: Span) => {
    const first = lineAt(text, start)
    const last = lineAt(text, end - 1)
    if (last === first && end - start < TEXT_LONG) return
    for (let line = first; line <= last; line++) lines.add(line)
  }
  new Visitor({
    Literal: note,
    TemplateLiteral: note,
    JSXText: note,
  }).visit(program)
  return lines
}

test('tidy: no line is longer than a hundred columns', () => {
  const wrong: string[] = []
  for (const file of sources(CODE)) {
    const long = file.text.split('\n').flatMap((line, index) => {
      // An address cannot be broken either, and a lint exception has its reason on its line.
      const isWhole = /https?:\/\/\S+|oxlint-disable/.test(line)
      return line.length <= COLUMNS_MAX || isWhole ? [] : [index + 1]
    })
    if (long.length === 0) continue
    const texts = linesOfLongTexts(file)
    for (const line of long) if (!texts.has(line)) wrong.push(`${file.path}:${line}`)
  }
  deepEqual(wrong, [])
})

// Pairs that cannot be swapped unseen: symmetric ones, and a value after the name it goes by.
const HARMLESS = /^(a b|left right|first second|one other|x y|name \w+)$/

/** Neighbouring positional parameters with the same written type: a caller can swap them unseen. */
function twins(file: SourceFile, params: readonly ParamPattern[]): string[] {
  const typed = params.map((param) => {
    if (param.type !== 'Identifier' || !param.typeAnnotation) return undefined
    const { start, end } = param.typeAnnotation
    return { node: param, name: param.name, type: file.text.slice(start, end) }
  })
  return typed.flatMap((param, index) => {
    const before = typed[index - 1]
    if (param === undefined || before?.type !== param.type) return []
    const pair = `${before.name} ${param.name}`
    return HARMLESS.test(pair) ? [] : [where(file, param.node, `${pair}${param.type}`)]
  })
}

test('tidy: no two neighbouring parameters of an exported function have the same type', () => {
  const wrong: string[] = []
  for (const file of sources(SOURCES)) {
    new Visitor({
      ExportNamedDeclaration({ declaration }) {
        if (declaration?.type === 'FunctionDeclaration') {
          wrong.push(...twins(file, declaration.params))
        }
      },
    }).visit(file.program)
  }
  deepEqual(wrong, [])
})

/** The names an export statement gives, with what follows from another export left out. */
function exportedName(node: Node): string | undefined {
  if (node.type === 'VariableDeclaration') {
    const [first] = node.declarations
    return first?.id.type === 'Identifier' ? first.id.name : undefined
  }
  if (node.type === 'TSTypeAliasDeclaration' || node.type === 'TSInterfaceDeclaration') {
    return node.id.name
  }
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return node.id?.name
  return undefined
}

function docstringBefore(file: SourceFile, start: number): Comment | undefined {
  return file.comments.find(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      file.text.slice(end, start).trim() === '',
  )
}

test('tidy: every exported thing says what it is', () => {
  const wrong: string[] = []
  for (const file of sources(SOURCES)) {
    const documented = new Set<string>()
    new Visitor({
      ExportNamedDeclaration(node) {
        if (node.declaration === null) return
        const name = exportedName(node.declaration)
        if (name === undefined || documented.has(name)) return
        // `export const X = z…; export type X = z.infer<typeof X>` is one thing, documented once.
        documented.add(name)
        if (docstringBefore(file, node.start) === undefined) wrong.push(where(file, node, name))
      },
    }).visit(file.program)
  }
  deepEqual(wrong, [])
})

test('tidy: an unfinished note names its issue', () => {
  const wrong = sources(CODE).flatMap((file) =>
    file.comments
      .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b(?!\s*\(#\d+\))/.test(value))
      .map((comment) => where(file, comment, comment.value.trim())),
  )
  deepEqual(wrong, [])
})

const CODE_STATEMENTS: ReadonlySet<string> = new Set([
  'VariableDeclaration',
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'FunctionDeclaration',
  'ClassDeclaration',
  'IfStatement',
  'ForStatement',
  'ForOfStatement',
  'ReturnStatement',
  'ThrowStatement',
])

/** Whether a comment parses as statements that no sentence would be. */
function isCode(comment: Comment): boolean {
  if (comment.type !== 'Line') return false
  const { program, errors } = parseSync('comment.ts', comment.value)
  if (errors.length > 0) return false
  return program.body.some((statement) => {
    if (CODE_STATEMENTS.has(statement.type)) return true
    if (statement.type !== 'ExpressionStatement') return false
    const { type } = statement.expression
    return type === 'AssignmentExpression' || type === 'CallExpression'
  })
}

test('tidy: comments are sentences, not code that was switched off', () => {
  const wrong = sources(CODE).flatMap((file) =>
    file.comments.filter(isCode).map((comment) => where(file, comment, comment.value.trim())),
  )
  deepEqual(wrong, [])
})

/** Lines that a comment touches. */
function commentedLines({ text, comments }: SourceFile): ReadonlySet<number> {
  return new Set(
    comments.flatMap(({ start, end }) => {
      const first = lineAt(text, start)
      return Array.from({ length: lineAt(text, end) - first + 1 }, (_, index) => first + index)
    }),
  )
}

test('tidy: a type that is asserted has its reason beside it', () => {
  const wrong: string[] = []
  for (const file of sources(SOURCES)) {
    const commented = commentedLines(file)
    new Visitor({
      TSAsExpression(node) {
        const { start, end } = node.typeAnnotation
        if (file.text.slice(start, end) === 'const') return
        const last = lineAt(file.text, node.end)
        // Beside: on its own lines, or in the three before, where its statement begins.
        for (let line = lineAt(file.text, node.start) - 3; line <= last; line++) {
          if (commented.has(line)) return
        }
        wrong.push(where(file, node, file.text.slice(node.start, node.end).slice(0, 60)))
      },
    }).visit(file.program)
  }
  deepEqual(wrong, [])
})

test('tidy: a lint exception carries its reason on the same line', () => {
  const exception = /(oxlint|eslint)-disable|@ts-(expect-error|ignore|nocheck)/
  const wrong = sources(CODE).flatMap((file) =>
    file.comments
      .filter(({ value }) => exception.test(value) && !/(-- |: )\S+ \S+/.test(value))
      .map((comment) => where(file, comment, comment.value.trim())),
  )
  deepEqual(wrong, [])
})

test('tidy: every workspace has a README that names what its door exports', () => {
  const wrong: string[] = []
  for (const { folder, exports } of workspaces()) {
    const readme = `${folder}/README.md`
    if (!existsSync(join(ROOT, readme))) {
      wrong.push(`${readme} is missing`)
      continue
    }
    const text = read(readme)
    if (exports['.'] === undefined) continue
    for (const { path, program } of sources(`${folder}/src/index.ts`)) {
      new Visitor({
        ExportSpecifier(node) {
          const name = node.exported.type === 'Identifier' ? node.exported.name : ''
          // Types are met through the functions that take and give them.
          const isType = node.exportKind === 'type' || /^[A-Z]/.test(name)
          if (!isType && !text.includes(name)) wrong.push(`${readme} lacks ${name} of ${path}`)
        },
      }).visit(program)
    }
  }
  deepEqual(wrong, [])
})

test('tidy: every error code stands in the reference', () => {
  const page = read('docs/reference/errors.md')
  const codes = sources(SOURCES).flatMap(({ text }) => text.match(/'ERR_[A-Z0-9_]+'/g) ?? [])
  ok(codes.length > 0)
  const missing = [...new Set(codes)].filter((code) => !page.includes(code.slice(1, -1)))
  deepEqual(missing, [])
})

test('tidy: every metric stands in the reference', () => {
  const page = read('docs/reference/metrics.md')
  const names = sources(SOURCES).flatMap(({ text }) => text.match(/'pomona_[a-z0-9_]+'/g) ?? [])
  ok(names.length > 0)
  const missing = [...new Set(names)].filter((name) => !page.includes(name.slice(1, -1)))
  deepEqual(missing, [])
})

const LINK = /\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g

/** GitHub's anchor of a heading. */
function anchor(heading: string): string {
  const kept = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
  return kept.trim().replaceAll(/\s/g, '-')
}

function anchors(file: string): ReadonlySet<string> {
  const headings = read(file).matchAll(/^#{1,6}\s+(.+)$/gm)
  return new Set([...headings].map(([, heading]) => anchor(heading ?? '')))
}

test('tidy: relative links in documents are live', () => {
  const wrong: string[] = []
  for (const path of paths(
    '{.,docs/**,packages/*,apps/*,bench,content/**,deploy/*,fixtures}/*.md',
  )) {
    const prose = read(path).replaceAll(/```[\s\S]*?```/g, '')
    for (const [, link = ''] of prose.matchAll(LINK)) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', fragment] = link.split('#')
      const target = file === '' ? path : join(dirname(path), decodeURIComponent(file))
      const exists = existsSync(join(ROOT, target))
      const lands = fragment === undefined || !target.endsWith('.md')
      if (!exists || !(lands || anchors(target).has(fragment))) wrong.push(`${path} → ${link}`)
    }
  }
  deepEqual(wrong, [])
})

test('tidy: tests mirror the sources they test', () => {
  const wrong = paths('{packages,apps}/*/test/**/*.test.{ts,tsx}').filter((path) => {
    const source = path.replace('/test/', '/src/').replace(/\.test\.tsx?$/, '')
    const twin = [`${source}.ts`, `${source}.tsx`, source].some((one) =>
      existsSync(join(ROOT, one)),
    )
    // A suite over a whole folder or package lies beside the tests of its parts.
    return !twin && !existsSync(join(ROOT, dirname(source)))
  })
  deepEqual(wrong, [])
})

test('tidy: file names are kebab-case, except React components', () => {
  const wrong = paths(CODE).filter((path) => {
    const name = path.split('/').at(-1) ?? ''
    return !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.tsx?$/.test(name)
  })
  deepEqual(wrong, [])
})

test('tidy: the working samples outside the checkout are read by tests alone', () => {
  const wrong = sources([...SOURCES, 'scripts/**/*.ts']).filter(({ text }) =>
    text.includes('../shared/data'),
  )
  deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})

test('tidy: a changelog entry is one sentence, filed by its kind', () => {
  const wrong = paths('changelog.d/*').filter((path) => {
    const filed = /^changelog\.d\/[a-z0-9-]+\.(added|changed|fixed|security)\.md$/.test(path)
    return !filed || read(path).trim().split('\n').length > 3
  })
  deepEqual(wrong, [])
})
