import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { unpack } from '@pomona/analysis'
import { applicationBundle } from '../../bundle.ts'
import { launchdPlist } from '../../launchd.ts'
import { productPackage } from '../../package/product-package.ts'
import { BUNDLE_FOLDER, EXECUTABLE, INSTALL_FOLDER, launchdPath } from '../../product.ts'
import { postinstallScript, preinstallScript } from '../../scripts.ts'
import { file, folder, statMode, type TreeEntry } from '../../tree.ts'
import { readBom, readCpio, readXar } from '../support/archives.ts'
import { readSignature, slicesOf } from '../support/code-signature.ts'
import { CPU, tinyMachO } from '../support/tiny-mach-o.ts'

const PRODUCT = { bundleId: 'com.example.agent', version: '1.2.3' }
const SECONDS = 1_700_000_000

const ENTRIES: readonly TreeEntry[] = [
  folder('Library'),
  folder('Library/Application Support', 0o755, 80),
  folder(INSTALL_FOLDER),
  ...applicationBundle([tinyMachO(CPU.arm64), tinyMachO(CPU.x64)], PRODUCT),
  folder('Library/LaunchDaemons'),
  file(launchdPath(PRODUCT), launchdPlist(PRODUCT)),
]

const PACKAGE = productPackage({
  product: PRODUCT,
  entries: ENTRIES,
  preinstall: preinstallScript(PRODUCT),
  postinstall: postinstallScript(PRODUCT),
  seconds: SECONDS,
})

const { toc, files } = readXar(PACKAGE)

function member(name: string): Buffer {
  const bytes = files.get(name)
  ok(bytes, name)
  return bytes
}

test('package: it holds what an installer looks for', () => {
  deepEqual([...files.keys()].toSorted(), [
    'Distribution',
    'agent.pkg/Bom',
    'agent.pkg/PackageInfo',
    'agent.pkg/Payload',
    'agent.pkg/Scripts',
  ])
})

test('package: our own analysis finds everything in it, and nothing odd', () => {
  const contents = new Map<string, Uint8Array>()
  const unpacked = unpack(PACKAGE, {
    name: 'agent.pkg',
    visit: ({ path }, bytes) => contents.set(path.at(-1) ?? '', bytes),
  })
  deepEqual([unpacked.findings, unpacked.limits], [[], []])
  for (const entry of ENTRIES) {
    if (entry.kind !== 'file') continue
    ok(Buffer.from(entry.bytes).equals(contents.get(entry.path) ?? new Uint8Array()), entry.path)
  }
  equal(unpacked.container?.facts['agent.pkg:identifier'], `${PRODUCT.bundleId}.pkg`)
  ok(contents.has('preinstall') && contents.has('postinstall'))
})

test('package: the checksum of the table of contents is at the heap’s beginning', () => {
  const tocBytes = Number(PACKAGE.readBigUInt64BE(8))
  const deflated = PACKAGE.subarray(28, 28 + tocBytes)
  const sha1 = createHash('sha1').update(deflated).digest('hex')
  equal(PACKAGE.toString('hex', 28 + tocBytes, 28 + tocBytes + 20), sha1)
})

test('package: every member has the checksum its table names', () => {
  for (const bytes of files.values()) {
    match(toc, new RegExp(createHash('sha1').update(bytes).digest('hex')))
  }
})

test('package: the payload is the tree, owned by root', () => {
  const entries = readCpio(gunzipSync(member('agent.pkg/Payload')))
  equal(entries[0]?.name, '.')
  const read = entries.slice(1).map(({ name, mode, uid, gid, mtime, bytes }) => ({
    ...{ name, mode, uid, gid, mtime },
    bytes: bytes.toString('hex'),
  }))
  const wanted = ENTRIES.map((entry) => ({
    ...{ name: `./${entry.path}`, mode: statMode(entry), uid: 0, gid: entry.group, mtime: SECONDS },
    bytes: entry.kind === 'file' ? Buffer.from(entry.bytes).toString('hex') : '',
  }))
  deepEqual(read, wanted)
})

test('package: the bill of materials lists the same tree with sizes and modes', () => {
  const listed = new Map(readBom(member('agent.pkg/Bom')).map((one) => [one.path, one]))
  equal(listed.size, ENTRIES.length + 1)
  for (const entry of ENTRIES) {
    const { type, mode, uid, gid, mtime, size } = listed.get(`./${entry.path}`) ?? {}
    deepEqual(
      { type, mode, uid, gid, mtime, size },
      {
        type: entry.kind === 'file' ? 1 : 2,
        mode: statMode(entry),
        uid: 0,
        gid: entry.group,
        mtime: SECONDS,
        size: entry.kind === 'file' ? entry.bytes.length : 0,
      },
      entry.path,
    )
  }
})

test('package: checksums in the bill of materials are those of cksum', (t) => {
  if (spawnSync('cksum', ['--version']).status !== 0) return t.skip('There is no cksum here.')
  const plist = launchdPath(PRODUCT)
  const entry = readBom(member('agent.pkg/Bom')).find(({ path }) => path === `./${plist}`)
  const { stdout } = spawnSync('cksum', { input: launchdPlist(PRODUCT), encoding: 'utf8' })
  equal(String(entry?.checksum), stdout.split(' ')[0])
})

test('package: counts and sizes of PackageInfo are those of the payload', () => {
  const info = member('agent.pkg/PackageInfo').toString('utf8')
  const bytes = ENTRIES.reduce((sum, one) => sum + (one.kind === 'file' ? one.bytes.length : 0), 0)
  match(info, new RegExp(`numberOfFiles="${ENTRIES.length + 1}"`))
  match(info, new RegExp(`installKBytes="${Math.ceil(bytes / 1_024)}"`))
  match(info, /identifier="com\.example\.agent\.pkg"/)
})

test('package: the executable inside is universal and bound to its bundle', () => {
  const payload = readCpio(gunzipSync(member('agent.pkg/Payload')))
  const executable = payload.find(({ name }) => name === `./${EXECUTABLE}`)?.bytes
  const infoPlist = payload.find(({ name }) => name === `./${BUNDLE_FOLDER}/Contents/Info.plist`)
  ok(executable && infoPlist)
  const slices = slicesOf(executable)
  equal(slices.length, 2)
  for (const slice of slices) {
    const { pagesWrong, identifier, special } = readSignature(slice)
    deepEqual(pagesWrong, [])
    equal(identifier, PRODUCT.bundleId)
    equal(special.get(1), createHash('sha256').update(infoPlist.bytes).digest('hex'))
  }
})

test('package: the same input gives the same bytes', () => {
  const again = productPackage({
    product: PRODUCT,
    entries: ENTRIES,
    preinstall: preinstallScript(PRODUCT),
    postinstall: postinstallScript(PRODUCT),
    seconds: SECONDS,
  })
  deepEqual(again, PACKAGE)
})

test('package: 7-Zip reads it, and unpacks the same files', (t) => {
  const zip = ['7zz', '7z'].find((name) => spawnSync(name, ['i']).status === 0)
  if (zip === undefined) return t.skip('7-Zip is not installed.')
  const scratch = mkdtempSync(join(tmpdir(), 'pomona-pkg-'))
  try {
    writeFileSync(join(scratch, 'agent.pkg'), PACKAGE)
    const tested = spawnSync(zip, ['t', '-txar', 'agent.pkg'], { cwd: scratch, encoding: 'utf8' })
    equal(tested.status, 0, tested.stdout + tested.stderr)
    spawnSync(zip, ['x', '-txar', '-oout', 'agent.pkg'], { cwd: scratch })
    for (const [name, bytes] of files) deepEqual(readFileSync(join(scratch, 'out', name)), bytes)
  } finally {
    rmSync(scratch, { recursive: true })
  }
})

test('package: cpio reads the payload', (t) => {
  if (spawnSync('cpio', ['--version']).status !== 0) return t.skip('cpio is not installed.')
  const { stdout } = spawnSync('cpio', ['-t', '--quiet'], {
    input: gunzipSync(member('agent.pkg/Payload')),
    encoding: 'utf8',
  })
  deepEqual(stdout.trim().split('\n'), ['.', ...ENTRIES.map(({ path }) => `./${path}`)])
})
