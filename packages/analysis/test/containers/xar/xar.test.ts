import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { contentsOf } from '../support/contents.ts'
import { cpioOf } from '../support/cpio.ts'
import { xarOf } from '../support/xar.ts'

const text = (value: string) => Buffer.from(value)
const INFO = `<pkg-info identifier="com.example.tool" install-location="/" auth="root">
<scripts><preinstall file="./preinstall"/><postinstall file="./postinstall"/></scripts></pkg-info>`
const PACKAGE = [
  {
    path: 'tool.pkg/Payload',
    bytes: gzipSync(cpioOf([{ path: './tool', bytes: text('payload') }])),
  },
  {
    path: 'tool.pkg/Scripts',
    bytes: gzipSync(cpioOf([{ path: './postinstall', bytes: text('rm') }])),
  },
  { path: 'tool.pkg/PackageInfo', bytes: text(INFO), deflate: true },
  { path: 'Distribution', bytes: text('<installer-gui-script><script>system.run("x")</script>') },
]

test('xar: a package gives scripts before payload, and says what it will run', () => {
  const { files, container, found } = contentsOf(xarOf(PACKAGE), 'tool.pkg')
  deepEqual(found, [])
  const paths = [...files.keys()]
  const script = 'tool.pkg/Scripts!Scripts.unpacked!postinstall'
  const payload = 'tool.pkg/Payload!Payload.unpacked!tool'
  ok(paths.indexOf(script) < paths.indexOf(payload), paths.join())
  deepEqual([files.get(script), files.get(payload)], ['rm', 'payload'])
  deepEqual(container?.facts, {
    signed: false,
    'tool.pkg:auth': 'root',
    'tool.pkg:identifier': 'com.example.tool',
    'tool.pkg:install_location': '/',
    'tool.pkg:scripts': 'preinstall ./preinstall, postinstall ./postinstall',
    distribution_script: true,
    distribution_runs_programs: true,
  })
})

test('xar: tells signatures and a stapled ticket', () => {
  const signed = xarOf(PACKAGE, '<signature style="RSA"/><x-signature style="CMS"/>')
  const ticket = Buffer.alloc(16)
  ticket.write('t8lr')
  const { container } = contentsOf(Buffer.concat([signed, ticket]), 'tool.pkg')
  equal(container?.facts['signatures'], 'RSA, CMS')
  equal(container?.facts['stapled_ticket'], true)
})

test('xar: extended attributes stay with their file', () => {
  const archive = xarOf([{ path: 'x', bytes: text('y'), attributes: { 'com.apple.a': 'value' } }])
  const [member] = contentsOf(archive, 'a.xar').members
  equal(Buffer.from(member?.attributes?.get('com.apple.a') ?? []).toString(), 'value')
})

test('xar: wrong digests are told, of a file and of the table', () => {
  const wrongFile = xarOf([{ path: 'x', bytes: text('y'), checksum: 'aa' }])
  deepEqual(contentsOf(wrongFile, 'a').found, ['checksum_mismatch x'])
  const wrongTable = xarOf([{ path: 'x', bytes: text('yyy') }])
  wrongTable[wrongTable.length - 10] = (wrongTable.at(-10) ?? 0) ^ 1
  deepEqual(contentsOf(wrongTable, 'a').found, ['checksum_mismatch'])
})

test('xar: a name in Base64 is read', () => {
  const named = '<file><name enctype="base64">w6kuc2g=</name><type>file</type></file>'
  deepEqual(contentsOf(xarOf([], named), 'a').members[0]?.path, ['é.sh'])
})
