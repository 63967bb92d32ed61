import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readYaml, type YamlNode } from '../../src/sigma/yaml-tree.ts'

function plain(node: YamlNode | undefined): unknown {
  if (node === undefined || node.kind === 'scalar') return node?.value
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
}

test('yaml: an alias means the anchor before it, also when that is named anew', () => {
  const [document] = readYaml(
    'a: &x 1\nb: *x\nc: &x [2, &y 3]\nd: *x\ne: *y\nf: &y 4\ng: *x\nh: *y\n',
  )
  deepEqual(plain(document?.root), {
    a: 1,
    b: 1,
    c: [2, 3],
    d: [2, 3],
    e: 3,
    f: 4,
    g: [2, 3],
    h: 4,
  })
})

test('yaml: an alias before its anchor, of none or of itself is refused', () => {
  for (const text of ['a: *x\nb: &x 1\n', 'a: *x\n', 'a: &x [*x]\n']) {
    equal(readYaml(text)[0]?.root, undefined, text)
    ok((readYaml(text)[0]?.problems.length ?? 0) > 0)
  }
})

test('yaml: ten thousand aliases cost no more than their nodes', () => {
  const text = `a: &a [1, 2]\nb: [${'*a, '.repeat(10_000)}]\n`
  const [document] = readYaml(text)
  ok(document?.root !== undefined)
})
