import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { asarOf } from '../support/asar.ts'
import { contentsOf } from '../support/contents.ts'

const FILES = [
  { path: 'main.js', text: 'require("./lib/a")' },
  { path: 'lib/a.js', text: 'exec("x")', executable: true },
  { path: 'lib/native.node', unpacked: true },
  { path: 'current', link: 'lib' },
]

test('asar: gives folders, files, links and what lies beside it', () => {
  const { bytes, headerSha256 } = asarOf(FILES)
  const { members, files, found, container } = contentsOf(bytes, 'app.asar')
  deepEqual(found, [])
  equal(container?.format, 'asar')
  equal(container?.facts['header_sha256'], headerSha256)
  deepEqual(
    members.map(({ path, kind, mode, wasRead }) => [...path, kind, mode, wasRead]),
    [
      ['main.js', 'file', 0o644, true],
      ['lib', 'folder', undefined, false],
      ['lib/a.js', 'file', 0o755, true],
      ['lib/native.node', 'file', 0o644, false],
      ['current', 'symlink', undefined, false],
    ],
  )
  equal(files.get('lib/a.js'), 'exec("x")')
})

test('asar: a file with another hash than it states is told', () => {
  const { bytes } = asarOf([{ path: 'main.js', text: 'x', hash: 'aa'.repeat(32) }])
  deepEqual(contentsOf(bytes, 'app.asar').found, ['checksum_mismatch main.js'])
})

const withHeader = (json: string) => {
  const { bytes } = asarOf([{ path: 'x'.repeat(json.length) }])
  bytes.write(json.padEnd(bytes.readUInt32LE(12)), 16, 'latin1')
  return bytes
}
const ODD = [
  { name: 'a header that is no JSON', json: '{"files":', found: ['damaged'] },
  { name: 'a file without an offset', json: '{"files":{"a":{"size":1}}}', found: ['damaged a'] },
  {
    name: 'a file beyond the end',
    json: '{"files":{"a":{"size":9,"offset":"9000"}}}',
    found: ['truncated a'],
  },
  {
    name: 'a name that leaves',
    json: '{"files":{"..":{"files":{"a":{"link":"b"}}}}}',
    found: ['path_traversal ..', 'path_traversal ../a'],
  },
  { name: 'names of the language', json: '{"files":{"__proto__":{"files":{}}}}', found: [] },
]
for (const { name, json, found } of ODD) {
  test(`asar: ${name} does no harm`, () => {
    deepEqual(contentsOf(withHeader(json), 'a.asar').found, found)
  })
}

test('asar: folders without end are refused', () => {
  const json = `${'{"files":{"a":'.repeat(5_000)}{}${'}}'.repeat(5_000)}`
  const { found, members } = contentsOf(withHeader(json), 'a.asar')
  deepEqual(found.at(-1), 'damaged')
  equal(members.length < 100, true)
})
