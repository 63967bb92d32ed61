import { deepEqual, equal, throws } from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import {
  Budget,
  type BundleFile,
  checkResources,
  judgeSignature,
  readCodeSignature,
  readMachOFile,
  readResourceSeal,
  type ResourceSeal,
} from '@pomona/analysis'
import { mutated, seededNumbers, signImage, writeImage } from '@pomona/analysis/testing'
import { placeOf } from '../../src/code-signature/resource-rules.ts'
import { NOW_MS, ROOTS } from './identities.ts'

/** The rules that codesign writes for a bundle with a folder `Contents`. */
/** Damaged inputs that are tried; the long suite asks for more. */
const RUNS = Number(process.env['POMONA_TEST_RUNS'] ?? 5_000)

const RULES = `<key>rules2</key><dict>
  <key>^.*</key><true/>
  <key>.*\\.dSYM($|/)</key><dict><key>weight</key><real>11</real></dict>
  <key>^(.*/)?\\.DS_Store$</key><dict><key>omit</key><true/><key>weight</key><real>2000</real></dict>
  <key>^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS|Library/(Automator|Spotlight|LoginItems))/</key>
  <dict><key>nested</key><true/><key>weight</key><real>10</real></dict>
  <key>^Info\\.plist$</key><dict><key>omit</key><true/><key>weight</key><real>20</real></dict>
  <key>^PkgInfo$</key><dict><key>omit</key><true/><key>weight</key><real>20</real></dict>
  <key>^Resources/</key><dict><key>weight</key><real>20</real></dict>
  <key>^Resources/.*\\.lproj/</key><dict><key>optional</key><true/><key>weight</key><real>1000</real></dict>
  <key>^[^/]+$</key><dict><key>nested</key><true/><key>weight</key><real>10</real></dict>
</dict>`

const ICON = Buffer.from('icon')
const CDHASH = '000102030405060708090a0b0c0d0e0f10111213'
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const hashed = (bytes: Uint8Array, more = ''): string =>
  `<dict><key>hash2</key><data>${base64(hash('sha256', bytes, 'buffer'))}</data>${more}</dict>`
const FILES = `<key>files2</key><dict>
  <key>Resources/icon.icns</key>${hashed(ICON)}
  <key>Resources/de.lproj/x.strings</key>${hashed(Buffer.from('x'), '<key>optional</key><true/>')}
  <key>Resources/current</key><dict><key>symlink</key><string>icon.icns</string></dict>
  <key>Helpers/Tool.app</key><dict>
    <key>cdhash</key><data>${base64(Buffer.from(CDHASH, 'hex'))}</data>
    <key>requirement</key><string>identifier tool</string></dict>
</dict>`
const SEAL = Buffer.from(`<plist version="1.0"><dict>${FILES}${RULES}</dict></plist>`)

const read = (bytes: Uint8Array): ResourceSeal => readResourceSeal(bytes, new Budget())
const WHOLE: readonly BundleFile[] = [
  { path: 'Info.plist', read: () => Buffer.from('any') },
  { path: 'Resources/icon.icns', read: () => ICON },
  { path: 'Resources/current', link: 'icon.icns' },
  { path: 'Resources/.DS_Store', read: () => Buffer.from('any') },
  { path: 'Helpers/Tool.app', cdhashes: [CDHASH] },
  {
    path: 'Helpers/Tool.app/Contents/Resources/own',
    read: () => Buffer.from('its own seal covers it'),
  },
]
const without = (path: string): readonly BundleFile[] => WHOLE.filter((one) => one.path !== path)

const cases: readonly { name: string; files: readonly BundleFile[]; want: readonly string[] }[] = [
  { name: 'as it was sealed', files: WHOLE, want: [] },
  {
    name: 'with a changed file',
    files: [
      ...without('Resources/icon.icns'),
      { path: 'Resources/icon.icns', read: () => Buffer.of(1) },
    ],
    want: ['resource_modified'],
  },
  {
    name: 'with a file too many',
    files: [...WHOLE, { path: 'Resources/evil.sh', read: () => Buffer.of(1) }],
    want: ['resource_added'],
  },
  {
    name: 'with a program too many',
    files: [...WHOLE, { path: 'MacOS/evil', read: () => Buffer.of(1) }],
    want: ['resource_added'],
  },
  { name: 'without a file', files: without('Resources/icon.icns'), want: ['resource_missing'] },
  {
    name: 'with a link that leads elsewhere',
    files: [...without('Resources/current'), { path: 'Resources/current', link: '/etc/passwd' }],
    want: ['resource_modified'],
  },
  {
    name: 'with a file in place of a link',
    files: [...without('Resources/current'), { path: 'Resources/current', read: () => ICON }],
    want: ['resource_modified'],
  },
  {
    name: 'with other nested code',
    files: [...without('Helpers/Tool.app'), { path: 'Helpers/Tool.app', cdhashes: ['00'] }],
    want: ['nested_code_modified'],
  },
]
for (const { name, files, want } of cases) {
  test(`resources: a bundle ${name}`, () => {
    const found = checkResources(read(SEAL), files)
    deepEqual(
      found.map(({ id }) => id),
      want,
    )
  })
}

test('resources: the heaviest rule decides', () => {
  const { rules } = read(SEAL)
  deepEqual(
    ['Info.plist', 'version.plist', 'Resources/a', 'Resources/de.lproj/a', 'MacOS/a', 'x/y'].map(
      (path) => placeOf(path, rules),
    ),
    ['omitted', 'nested', 'sealed', 'optional', 'nested', 'sealed'],
  )
})

test('resources: a rule that codesign does not write is told and never run', () => {
  const seal = read(Buffer.from(SEAL.toString().replace('^PkgInfo$', '^(a+)+$')))
  deepEqual(checkResources(seal, WHOLE), [
    { id: 'resource_rule_unknown', detail: "The rule ^(a+)+$ is not one of codesign's." },
  ])
})

test('resources: a seal of the first version has SHA-1 alone', () => {
  const sha1 = base64(hash('sha1', ICON, 'buffer'))
  const text = `<plist version="1.0"><dict><key>files</key><dict><key>icon</key><data>${sha1}</data></dict>
    <key>rules</key><dict><key>^.*</key><true/></dict></dict></plist>`
  const seal = read(Buffer.from(text))
  equal(seal.version, 1)
  deepEqual(checkResources(seal, [{ path: 'icon', read: () => ICON }]), [])
  equal(checkResources(seal, [{ path: 'icon', read: () => Buffer.of(0) }]).length, 1)
})

test('resources: the seal itself is sealed by the directory of the program', () => {
  const signed = signImage(writeImage(), { identifier: 'app', resources: SEAL })
  const budget = new Budget()
  const range = readMachOFile(signed, budget).parts[0]?.image?.tables['LC_CODE_SIGNATURE']
  const input = {
    bytes: signed,
    range: range ?? { offset: 0, size: 0 },
    roots: ROOTS,
    nowMs: NOW_MS,
  }
  const judged = (resources: Uint8Array) =>
    judgeSignature(readCodeSignature({ ...input, resources }, budget)).findings.map(({ id }) => id)
  deepEqual(judged(SEAL), [])
  deepEqual(judged(Buffer.concat([SEAL, Buffer.from('\n')])), ['slot_modified'])
})

test('resources: damaged seals end in a code', () => {
  throws(() => read(Buffer.from('<plist version="1.0"><dict/></plist>')), {
    code: 'ERR_ANALYSIS_MALFORMED',
  })
  const seed = Number(process.env['POMONA_SEED'] ?? 20_261_125)
  const next = seededNumbers(seed)
  for (let run = 0; run < RUNS; run++) {
    try {
      checkResources(readResourceSeal(mutated(SEAL, next), new Budget({ itemsMax: 5_000 })), WHOLE)
    } catch (error) {
      const isKnown = error instanceof Error && error.name === 'AnalysisError'
      if (!isKnown) throw new Error(`Run ${run} of seed ${seed} throws`, { cause: error })
    }
  }
})
