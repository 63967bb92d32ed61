import { deepEqual, ok } from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Node, parseSync, Visitor } from 'oxc-parser'
import en from '../../src/locales/en.json' with { type: 'json' }
import zhCN from '../../src/locales/zh-CN.json' with { type: 'json' }

const SOURCES = join(import.meta.dirname, '..', '..', 'src')

function flatten(node: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(node)) {
    const name = prefix === '' ? key : `${prefix}.${key}`
    if (typeof value === 'string') found.set(name, value)
    else for (const [inner, text] of flatten(value, name)) found.set(inner, text)
  }
  return found
}

const CATALOGUES = { en: flatten(en), 'zh-CN': flatten(zhCN) }

/** Sources with their syntax trees. */
const FILES = globSync('**/*.{ts,tsx}', { cwd: SOURCES }).map((path) => {
  const text = readFileSync(join(SOURCES, path), 'utf8')
  return { path, text, program: parseSync(path, text).program }
})

test('catalogue: both languages have the same keys', () =>
  deepEqual([...CATALOGUES['zh-CN'].keys()].toSorted(), [...CATALOGUES.en.keys()].toSorted()))

test('catalogue: no text is empty', () => {
  for (const [language, texts] of Object.entries(CATALOGUES)) {
    const empty = [...texts].filter(([, text]) => text.trim() === '').map(([key]) => key)
    deepEqual(empty, [], language)
  }
})

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)/g)].map(([, name = '']) => name)
}

test('catalogue: a translation speaks of nothing that the original does not', () => {
  const wrong = [...CATALOGUES['zh-CN']].filter(([key, text]) => {
    // In English the singular may leave the number out; Chinese has no singular.
    const original = CATALOGUES.en.get(key.replace(/_one$/, '_other')) ?? ''
    const known = new Set(placeholders(original))
    return placeholders(text).some((name) => !known.has(name))
  })
  deepEqual(wrong, [])
})

test('catalogue: Chinese is translated', () => {
  // Names that stay as they are in every language.
  const names = new Set(['app.name', 'time.utc', 'host.os', 'signer.platform'])
  const wrong = [...CATALOGUES['zh-CN']].filter(
    ([key, text]) => !names.has(key) && !/\p{Script=Han}/u.test(text),
  )
  deepEqual(wrong, [])
})

/** Keys as calls of `t` write them; `*` stands for what is only known when it runs. */
function usedKeys(): ReadonlySet<string> {
  const used = new Set<string>()
  for (const { program } of FILES) {
    new Visitor({
      CallExpression({ callee, arguments: [first] }) {
        if (callee.type !== 'Identifier' || callee.name !== 't' || first === undefined) return
        if (first.type === 'Literal' && typeof first.value === 'string') used.add(first.value)
        if (first.type === 'TemplateLiteral') {
          used.add(first.quasis.map(({ value }) => value.cooked ?? '').join('*'))
        }
      },
    }).visit(program)
  }
  return used
}

test('catalogue: every text is used', () => {
  const patterns = [...usedKeys()].map(
    (key) => new RegExp(`^${key.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}(_one|_other)?$`),
  )
  ok(patterns.length > 100)
  const unused = [...CATALOGUES.en.keys()].filter((key) => !patterns.some((one) => one.test(key)))
  deepEqual(unused, [])
})

const WORD = /\p{L}{2,}/u
/** Attributes that people see or hear. */
const SPOKEN = new Set([
  'aria-label',
  'title',
  'label',
  'placeholder',
  'alt',
  'description',
  'hint',
])
/** Names of keys on the keyboard are the same in every language. */
const KEYS = new Set(['Enter'])

/** Texts an expression may give: literals and templates, through conditions. */
function texts(node: Node | null): readonly string[] {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : []
    case 'TemplateLiteral':
      return node.quasis.map(({ value }) => value.cooked ?? '')
    case 'ConditionalExpression':
      return [...texts(node.consequent), ...texts(node.alternate)]
    case 'LogicalExpression':
      return [...texts(node.left), ...texts(node.right)]
    case 'JSXExpressionContainer':
      return texts(node.expression)
    case 'JSXText':
      return [node.value]
    case undefined:
    default:
      return []
  }
}

test('catalogue: no text a person sees stands in the code', () => {
  const wrong: string[] = []
  for (const { path, text, program } of FILES) {
    const report = (node: Node | null) => {
      for (const value of texts(node)) {
        if (node === null || !WORD.test(value) || KEYS.has(value.trim())) continue
        wrong.push(`${path}:${text.slice(0, node.start).split('\n').length} ${value.trim()}`)
      }
    }
    new Visitor({
      JSXElement: ({ children }) => children.forEach(report),
      JSXFragment: ({ children }) => children.forEach(report),
      JSXAttribute({ name, value }) {
        if (name.type === 'JSXIdentifier' && SPOKEN.has(name.name)) report(value)
      },
    }).visit(program)
  }
  deepEqual(wrong, [])
})
