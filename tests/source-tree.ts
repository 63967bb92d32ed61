/** The tree as data, for the suites that check the tree itself. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Comment, parseSync, type Program, type StaticImport } from 'oxc-parser'

/** Absolute path of the checkout. */
export const ROOT = join(import.meta.dirname, '..')

/** The packages that take bytes and records in and give values out, and touch nothing else. */
export const PURE_PACKAGES: ReadonlySet<string> = new Set([
  'schema',
  'normalize',
  'analysis',
  'rules',
  'detect',
  'investigate',
])

/** A workspace of the root package.json, in data-flow order. */
export interface Workspace {
  /** Folder relative to the root, such as `packages/schema`. */
  readonly folder: string
  /** Package name, such as `@pomona/schema`. */
  readonly name: string
  readonly dependencies: ReadonlySet<string>
  readonly exports: Readonly<Record<string, string>>
}

/** What a file takes from another one or from a module. */
interface Import {
  readonly request: string
  readonly line: number
  /** Names as the other side exports them; empty for what is passed on. */
  readonly names: readonly string[]
}

/** A source file, parsed. Offsets are UTF-16 code units. */
export interface SourceFile {
  /** Path relative to the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly comments: readonly Comment[]
  readonly imports: readonly Import[]
}

interface PackageJson {
  readonly name: string
  readonly workspaces?: readonly string[]
  readonly exports?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function packageJson(folder: string): PackageJson {
  // Our own file: a wrong shape fails the test that reads it.
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as PackageJson
}

/** All workspaces in the order of the root package.json, which is the data flow. */
export function workspaces(): readonly Workspace[] {
  return (packageJson('.').workspaces ?? []).map((folder) => {
    const { name, exports, dependencies, devDependencies } = packageJson(folder)
    return {
      folder,
      name,
      exports: exports ?? {},
      dependencies: new Set(Object.keys({ ...dependencies, ...devDependencies })),
    }
  })
}

/** Line number, from 1, of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let index = text.indexOf('\n'); index !== -1 && index < offset;) {
    line += 1
    index = text.indexOf('\n', index + 1)
  }
  return line
}

function importsOf(text: string, found: readonly StaticImport[]): SourceFile['imports'] {
  return found.map(({ moduleRequest, start, entries }) => ({
    request: moduleRequest.value,
    line: lineAt(text, start),
    names: entries.map(({ importName }) => importName.name ?? '*'),
  }))
}

function parse(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const { program, comments, module, errors } = parseSync(path, text)
  const [problem] = errors
  if (problem !== undefined) throw new Error(`${path}: ${problem.message}`)
  const exported = module.staticExports.flatMap(({ entries, start }) =>
    entries.flatMap(({ moduleRequest }) =>
      moduleRequest === null
        ? []
        : [{ request: moduleRequest.value, line: lineAt(text, start), names: [] }],
    ),
  )
  return {
    path,
    text,
    program,
    comments,
    imports: [...importsOf(text, module.staticImports), ...exported],
  }
}

const GENERATED = /\/(generated|dist|node_modules)\//

/** Paths relative to the root that match the patterns, sorted; nothing generated or installed. */
export function paths(patterns: string | readonly string[]): readonly string[] {
  const options = { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**'] }
  const found = globSync(patterns, options).map((path) => path.replaceAll('\\', '/'))
  return found.filter((path) => !GENERATED.test(path)).toSorted()
}

const parsed = new Map<string, SourceFile>()

/** Parses the files that match; each file is parsed once a run. */
export function sources(patterns: string | readonly string[]): readonly SourceFile[] {
  return paths(patterns).map((path) => {
    const file = parsed.get(path) ?? parse(path)
    parsed.set(path, file)
    return file
  })
}
