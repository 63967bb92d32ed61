/** The law of the tree, as docs/architecture.md states it. */
import { deepEqual } from 'node:assert/strict'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { type CallExpression, type MemberExpression, type Node, Visitor } from 'oxc-parser'
import {
  lineAt,
  paths,
  PURE_PACKAGES,
  type SourceFile,
  sources,
  workspaces,
} from './source-tree.ts'

const WORKSPACES = workspaces()
const SOURCES = ['packages/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}'] as const
const EVERYTHING = [
  ...SOURCES,
  '{packages,apps}/*/test/**/*.{ts,tsx}',
  '{tests,scripts,bench,deploy}/**/*.ts',
]

const where = ({ path, text }: SourceFile, node: { start: number }, what: string): string =>
  `${path}:${lineAt(text, node.start)} ${what}`

function packageOf(path: string): string {
  return path.split('/').slice(0, 2).join('/')
}

/** `@pomona/schema/testing` → `@pomona/schema`; undefined for what is not ours. */
function ownPackage(request: string): string | undefined {
  return /^@pomona\/[^/]+/.exec(request)?.[0]
}

test('architecture: a package imports only packages listed before it in the workspaces', () => {
  const order = new Map(WORKSPACES.map(({ name }, index) => [name, index]))
  const wrong: string[] = []
  for (const [index, { folder }] of WORKSPACES.entries()) {
    for (const { path, imports } of sources(`${folder}/{src,test}/**/*.{ts,tsx}`)) {
      for (const { request, line } of imports) {
        const name = ownPackage(request)
        if (name === undefined) continue
        const at = order.get(name)
        const own = at === index && path.includes('/test/')
        if (at === undefined || (at >= index && !own))
          wrong.push(`${path}:${line} imports ${request}`)
      }
    }
  }
  deepEqual(wrong, [])
})

test('architecture: packages are imported by name and through their door, never by path', () => {
  const doors = new Set(
    WORKSPACES.flatMap(({ name, exports }) =>
      Object.keys(exports).map((door) => join(name, door).replace(/\/$/, '')),
    ),
  )
  const wrong: string[] = []
  for (const { path, imports } of sources([...SOURCES, '{packages,apps}/*/test/**/*.{ts,tsx}'])) {
    for (const { request, line } of imports) {
      const target = normalize(join(dirname(path), request))
      const leaves = request.startsWith('.') && packageOf(target) !== packageOf(path)
      const inside = ownPackage(request) !== undefined && !doors.has(request)
      if (leaves || inside) wrong.push(`${path}:${line} imports ${request}`)
    }
  }
  deepEqual(wrong, [])
})

test('architecture: what a workspace imports stands in its package.json', () => {
  const wrong: string[] = []
  for (const { folder, name, dependencies } of WORKSPACES) {
    for (const { path, imports } of sources(`${folder}/src/**/*.{ts,tsx}`)) {
      for (const { request, line } of imports) {
        if (/^(\.|node:)/.test(request)) continue
        const needed = /^(@[^/]+\/)?[^/]+/.exec(request)?.[0] ?? request
        const known = dependencies.has(needed) || needed === name
        if (!known) wrong.push(`${path}:${line} imports ${request}`)
      }
    }
  }
  deepEqual(wrong, [])
})

// Functions of bytes that Node has in native code: the same bytes give the same answer, anywhere.
const COMPUTING: Readonly<Record<string, ReadonlySet<string>>> = {
  'node:crypto': new Set([
    'createDecipheriv',
    'createHash',
    'createPublicKey',
    'hash',
    'KeyObject',
    'pbkdf2Sync',
    'sign',
    'verify',
  ]),
  'node:zlib': new Set([
    'brotliDecompressSync',
    'constants',
    'crc32',
    'gunzipSync',
    'inflateRawSync',
    'inflateSync',
    'zstdDecompressSync',
  ]),
}

test('architecture: pure packages import nothing of the machine', () => {
  const pure = [...PURE_PACKAGES].map((name) => `packages/${name}/src/**/*.ts`)
  const wrong = sources(pure).flatMap(({ path, imports }) =>
    imports
      .filter(({ request }) => request.startsWith('node:'))
      .filter(({ request, names }) => {
        const allowed = path.startsWith('packages/analysis/') ? COMPUTING[request] : undefined
        return names.length === 0 || names.some((name) => allowed?.has(name) !== true)
      })
      .map(({ request, line }) => `${path}:${line} imports ${request}`),
  )
  deepEqual(wrong, [])
})

// Without `process`: in this project that is first of all a name for what runs on a Mac.
const MACHINE_GLOBALS: ReadonlySet<string> = new Set([
  'performance',
  'crypto',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Deno',
  'Bun',
])
const MACHINE_MEMBERS: ReadonlySet<string> = new Set(['Date.now', 'Math.random', 'process.env'])
const MACHINE_PROCESS = /^process\.(argv|cwd|hrtime|memoryUsage|nextTick|platform|std(in|out|err))$/

function memberName(node: MemberExpression): string {
  const object = node.object.type === 'Identifier' ? node.object.name : ''
  return !node.computed && node.property.type === 'Identifier'
    ? `${object}.${node.property.name}`
    : ''
}

/**
 * Uses of clock, randomness and environment; `globals` adds everything else that is the machine's.
 */
function machineUses(file: SourceFile, globals: ReadonlySet<string>): string[] {
  const found: string[] = []
  const note = (node: Node, what: string) => found.push(where(file, node, what))
  const isProcess = (name: string) => globals.size > 0 && MACHINE_PROCESS.test(name)
  const callee = (node: CallExpression) => {
    if (node.callee.type === 'Identifier' && globals.has(node.callee.name)) {
      note(node, `${node.callee.name}()`)
    }
  }
  new Visitor({
    CallExpression: callee,
    MemberExpression(node) {
      const name = memberName(node)
      const [object = ''] = name.split('.')
      if (MACHINE_MEMBERS.has(name) || globals.has(object) || isProcess(name)) note(node, name)
    },
    NewExpression(node) {
      const date = node.callee.type === 'Identifier' && node.callee.name === 'Date'
      if (date && node.arguments.length === 0) note(node, 'new Date()')
    },
  }).visit(file.program)
  return found
}

test('architecture: pure packages use no clock, randomness, environment or timers', () => {
  const pure = [...PURE_PACKAGES].map((name) => `packages/${name}/src/**/*.ts`)
  deepEqual(
    sources(pure).flatMap((file) => machineUses(file, MACHINE_GLOBALS)),
    [],
  )
})

test('architecture: clock, randomness and environment are read only in the apps', () => {
  deepEqual(
    sources('packages/*/src/**/*.ts').flatMap((file) => machineUses(file, new Set())),
    [],
  )
})

const FORBIDDEN_IMPORTS = [
  { folder: 'packages/detect', allowed: /^(?!@pomona\/store)/, reason: 'detect never sees store' },
  {
    folder: 'apps/agent',
    allowed: /^(?!@pomona\/(?:store|investigate|forward)$)/,
    reason: 'the agent never sees store, investigate or forward',
  },
  {
    folder: 'apps/console',
    allowed: /^(?!node:|@pomona\/(?!schema$|rules$))/,
    reason: 'the console talks HTTP and shares only schema and rules',
  },
]
for (const { folder, allowed, reason } of FORBIDDEN_IMPORTS) {
  test(`architecture: ${reason}`, () => {
    const wrong = sources(`${folder}/src/**/*.{ts,tsx}`).flatMap(({ path, imports }) =>
      imports
        .filter(({ request }) => !allowed.test(request))
        .map(({ request, line }) => `${path}:${line} imports ${request}`),
    )
    deepEqual(wrong, [])
  })
}

test('architecture: every package has one door, and ./testing for test support', () => {
  const wrong = WORKSPACES.filter(({ folder }) => folder.startsWith('packages/')).flatMap(
    ({ name, exports }) =>
      Object.entries(exports)
        .filter(([door, file]) => door !== './testing' && `${door} ${file}` !== '. ./src/index.ts')
        .map(([door]) => `${name} exports ${door}`),
  )
  deepEqual(wrong, [])
})

test('architecture: exports are named, one by one', () => {
  const wrong: string[] = []
  for (const file of sources(EVERYTHING)) {
    new Visitor({
      ExportAllDeclaration: (node) => wrong.push(where(file, node, 'export *')),
      ExportDefaultDeclaration(node) {
        const isConfig = file.path.endsWith('.config.ts')
        if (!isConfig) wrong.push(where(file, node, 'export default'))
      },
    }).visit(file.program)
  }
  deepEqual(wrong, [])
})

test('architecture: no any, enum, namespace or parameter property', () => {
  const wrong: string[] = []
  for (const file of sources(EVERYTHING)) {
    new Visitor({
      TSAnyKeyword: (node) => wrong.push(where(file, node, 'any')),
      TSEnumDeclaration: (node) => wrong.push(where(file, node, 'enum')),
      TSModuleDeclaration(node) {
        // `declare module 'x'` adds to the types of a dependency; it makes no namespace of ours.
        if (node.kind === 'namespace') wrong.push(where(file, node, 'namespace'))
      },
      TSParameterProperty: (node) => wrong.push(where(file, node, 'parameter property')),
    }).visit(file.program)
  }
  deepEqual(wrong, [])
})

test('architecture: folders are nouns of the domain', () => {
  const vague = /\/(utils?|common|types?|core|helpers?|lib|misc|shared)(\/|\.tsx?$)/
  deepEqual(
    paths('{packages,apps,tests,scripts,bench,deploy}/**/*.{ts,tsx}').filter((path) =>
      vague.test(path),
    ),
    [],
  )
})

test('architecture: no package is an empty shell', () => {
  const empty = WORKSPACES.filter(
    ({ folder }) => sources(`${folder}/src/**/*.{ts,tsx}`).length === 0,
  )
  deepEqual(
    empty.map(({ name }) => name),
    [],
  )
})
