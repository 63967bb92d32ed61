import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { contentsOf } from '../support/contents.ts'
import { pyInstallerOf, pyzOf } from '../support/pyinstaller.ts'

const text = (value: string) => Buffer.from(value)
const ENTRIES = [
  { name: 'tool', kind: 's', bytes: text('program'), packed: true },
  { name: 'lib\\ssl.so', kind: 'b', bytes: text('library') },
  { name: 'pyi-bootloader', kind: 'o', bytes: text('') },
  { name: 'PYZ.pyz', kind: 'z', bytes: pyzOf({ json: 'module', 'json.decoder': 'inner' }) },
]

test('pyinstaller: gives programs, libraries and the modules in its archive', () => {
  const { files, found, container } = contentsOf(pyInstallerOf(ENTRIES), 'tool')
  deepEqual(found, [])
  deepEqual([container?.format, container?.facts['python_version']], ['pyinstaller', '3.11'])
  equal(files.get('tool.pyc'), 'program')
  equal(files.get('lib/ssl.so'), 'library')
  equal(files.get('PYZ.pyz!json.pyc'), 'module')
  equal(files.get('PYZ.pyz!json/decoder.pyc'), 'inner')
})

test('pyinstaller: is found before a signature', () => {
  const { files } = contentsOf(pyInstallerOf(ENTRIES, Buffer.alloc(9_000, 0xfa)), 'tool')
  equal(files.get('tool.pyc'), 'program')
})

test('pyinstaller: the cookie alone makes no archive', () => {
  const program = Buffer.alloc(4_096)
  program.writeUInt32BE(0xcf_fa_ed_fe)
  program.write('MEI\x0c\x0b\x0a\x0b\x0e', 2_000, 'latin1')
  equal(contentsOf(program, 'tool').container, undefined)
})

const TABLES = [
  { name: 'code', bytes: 'c', finding: 'damaged' },
  { name: 'nothing', bytes: '', finding: 'truncated' },
  { name: 'more rows than there are', bytes: '[\xff\xff\xff\x7f', finding: 'truncated' },
  { name: 'lists without end', bytes: ')\x01'.repeat(100), finding: 'damaged' },
  { name: 'rows that are none', bytes: '[\x01\0\0\0N', finding: undefined },
]
for (const { name, bytes, finding } of TABLES) {
  test(`pyinstaller: a table of modules of ${name} does no harm`, () => {
    const archive = Buffer.concat([pyzOf({}).subarray(0, 17), Buffer.from(bytes, 'latin1')])
    deepEqual(contentsOf(archive, 'a.pyz').found, finding === undefined ? [] : [finding])
  })
}
