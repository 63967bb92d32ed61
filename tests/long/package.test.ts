/** The package as the command builds it, with the real executables. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { EXECUTABLE } from '../../deploy/macos/product.ts'
import { readBom, readCpio, readXar } from '../../deploy/macos/test/support/archives.ts'
import { readSignature, slicesOf } from '../../deploy/macos/test/support/code-signature.ts'
import { ROOT } from '../source-tree.ts'

const out = mkdtempSync(join(tmpdir(), 'pomona-package-'))
const VERSION = '0.1.0'

before(() => {
  const args = ['deploy/macos/build.ts', '--out', out, '--team-id', 'ABCDE12345']
  const built = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  equal(built.status, 0, built.stderr)
})

after(() => rmSync(out, { recursive: true, force: true }))

const payload = (): ReturnType<typeof readCpio> => {
  const { files } = readXar(readFileSync(join(out, `pomona-agent-${VERSION}.pkg`)))
  return readCpio(gunzipSync(files.get('agent.pkg/Payload') ?? Buffer.alloc(0)))
}

test('package: every page of both processors has the hash its signature names', (t) => {
  const executable = payload().find(({ name }) => name === `./${EXECUTABLE}`)
  ok(executable)
  const slices = slicesOf(executable.bytes)
  equal(slices.length, 2)
  for (const slice of slices) {
    const { pages, pagesWrong, identifier } = readSignature(slice)
    t.diagnostic(`${pages} pages, ${pagesWrong.length} wrong`)
    ok(pages > 10_000)
    deepEqual(pagesWrong, [])
    equal(identifier, 'io.pomona.agent')
  }
})

test('package: the compiler’s own signature of Apple silicon is whole as well', () => {
  const built = readFileSync(join(out, 'pomona-agent-darwin-arm64'))
  deepEqual(readSignature(built).pagesWrong, [])
})

test('package: payload and bill of materials agree', () => {
  const { files } = readXar(readFileSync(join(out, `pomona-agent-${VERSION}.pkg`)))
  const bill = readBom(files.get('agent.pkg/Bom') ?? Buffer.alloc(0))
  const listed = bill.map(({ path, mode, size }) => ({ path, mode, size }))
  const held = payload().map(({ name, mode, bytes }) => ({ path: name, mode, size: bytes.length }))
  const order = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1)
  deepEqual(listed.toSorted(order), held.toSorted(order))
})

test('package: 7-Zip finds no error', (t) => {
  const zip = ['7zz', '7z'].find((name) => spawnSync(name, ['i']).status === 0)
  if (zip === undefined) return t.skip('7-Zip is not installed.')
  const path = join(out, `pomona-agent-${VERSION}.pkg`)
  const { status, stdout, stderr } = spawnSync(zip, ['t', '-txar', path], { encoding: 'utf8' })
  equal(status, 0, stdout + stderr)
})

test('package: llvm-objdump reads both processors', (t) => {
  if (spawnSync('llvm-objdump', ['--version']).status !== 0) {
    return t.skip('llvm-objdump is not installed.')
  }
  for (const target of ['darwin-arm64', 'darwin-x64']) {
    const args = ['--macho', '--private-headers', join(out, `pomona-agent-${target}`)]
    const { status, stderr } = spawnSync('llvm-objdump', args, { encoding: 'utf8' })
    equal(status, 0, stderr)
  }
})

test('package: the executable for Linux passes what is asked of an agent’s process', (t) => {
  // A test runner that believes to be inside another one runs nothing.
  const { NODE_TEST_CONTEXT: _, ...ours } = process.env
  const env = { ...ours, POMONA_TEST_AGENT: join(out, 'pomona-agent-linux-x64') }
  const suite = 'apps/agent/test/agent.test.ts'
  const args = ['--test', '--test-reporter=tap', suite]
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env })
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0)
  t.diagnostic(`${passed} passed`)
  equal(status, 0, stdout)
  ok(passed > 1)
})
