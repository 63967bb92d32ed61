import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Budget, readMachOFile, type MachOImage } from '@pomona/analysis'
import { mutated, seededNumbers, writeImage, writeUniversal } from '@pomona/analysis/testing'
import { packageFile, packageFolder } from '../npm-packages.ts'
import { goSamples, type Sample, yaraSamples } from './samples.ts'

/** Damaged inputs that are tried; the long suite asks for more. */
const RUNS = Number(process.env['POMONA_TEST_RUNS'] ?? 5_000)

function imagesOf(bytes: Uint8Array): readonly MachOImage[] {
  return readMachOFile(bytes, new Budget()).parts.flatMap(({ image }) => image ?? [])
}

const NO_SAMPLES = 'Mach-O samples are not at ../shared/data/artifacts/macho'
const OBJDUMP = spawnSync('llvm-objdump', ['--version']).status === 0
const ORACLE = OBJDUMP ? false : 'llvm-objdump is not installed'

/** What llvm-objdump prints of all images: commands with sizes, sections with places. */
function objdump(context: TestContext, bytes: Uint8Array): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-mach-o-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'image')
  writeFileSync(file, bytes)
  const args = ['--macho', '--private-headers', '--arch', 'all', file]
  const text = execFileSync('llvm-objdump', args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  return text
    .split('\n')
    .map((line) => /^\s*(cmd|cmdsize|sectname|addr|size|offset|uuid|name) (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, key = '', value = '']) => `${key} ${value.replace(/ \(offset \d+\)$/, '').trim()}`)
    .filter((line) => !line.startsWith('name '))
}

/** The same lines from our report; an image's sections follow their segment's command. */
function reported(images: readonly MachOImage[]): readonly string[] {
  return images.flatMap((image) => {
    const segments = [...image.segments]
    const width = image.header.bits / 4
    const hex = (value: bigint | number) => `0x${value.toString(16).padStart(width, '0')}`
    return image.commands.flatMap(({ name, size }) => {
      const head = [`cmd ${name}`, `cmdsize ${size}`]
      if (name === 'LC_UUID') return [...head, `uuid ${image.uuid}`]
      if (!name.startsWith('LC_SEGMENT') || name === 'LC_SEGMENT_SPLIT_INFO') return head
      const sections = segments.shift()?.sections ?? []
      return [
        ...head,
        ...sections.flatMap((section) => [
          `sectname ${section.name}`,
          `addr ${hex(section.address)}`,
          `size ${hex(section.size)}`,
          `offset ${section.offset}`,
        ]),
      ]
    })
  })
}

/** LC_NOTE and LC_ENCRYPTION_INFO print numbers of their own under the same words. */
function compareWithObjdump(context: TestContext, { bytes }: Pick<Sample, 'bytes'>): void {
  const want = objdump(context, bytes)
  ok(want.length > 0)
  deepEqual(reported(imagesOf(bytes)), want)
}

const samples = goSamples()
for (const sample of samples) {
  test(
    `mach-o: commands and sections of ${sample.name} as llvm-objdump reads them`,
    {
      skip: ORACLE,
    },
    (context) => compareWithObjdump(context, sample),
  )
}
test('mach-o: samples are at hand', { skip: samples.length > 0 ? false : NO_SAMPLES }, () =>
  ok(samples.length >= 9),
)

test(
  'mach-o: what our own writer makes reads the same with llvm-objdump',
  { skip: ORACLE },
  (context) => {
    const thin = writeImage({ rpaths: ['@loader_path/../lib'], libraries: ['/usr/lib/a.dylib'] })
    compareWithObjdump(context, {
      bytes: writeUniversal([thin, writeImage({ cpuType: 0x01000007 })]),
    })
  },
)

// Of binaries in npm packages: what YARA-X 1.19.0 computes of each image on its own.
const HASHES = [
  {
    package: 'fsevents',
    architecture: 'arm64',
    symhash: '7da2b4c34c3f8d011e5adf99e6245c77',
    dylibs: '1d1935bd9bc9d3c054793873f27d677f',
    imports: '3353c6a01a0cd6a8cecfb552635df891',
    exports: '7e830568608366efe73e6f6a1ccb88b0',
  },
  {
    package: 'fsevents',
    architecture: 'x86_64',
    symhash: '7b7653b07a8d05e1e5df5870894b1ecb',
    dylibs: '1d1935bd9bc9d3c054793873f27d677f',
    imports: '28f4d440837c87c96e44b8bac0acb3e7',
    exports: '7e830568608366efe73e6f6a1ccb88b0',
  },
  {
    package: '@parcel/watcher-darwin-arm64',
    architecture: 'arm64',
    symhash: 'f45f92599bda52e384f0b9f84f1441a3',
    dylibs: '1d1935bd9bc9d3c054793873f27d677f',
    imports: 'a1bc37d3145f9d554af3811d5816fbdc',
    exports: '3de8097586b607d30fb7e5ffe7bbbd63',
  },
]
for (const { package: name, architecture, ...hashes } of HASHES) {
  test(`mach-o: ${name} (${architecture}) has the hashes of YARA-X`, (context) => {
    const found = packageFolder(name)
    if ('skip' in found) return context.skip(found.skip)
    const [file] = found.known.machos
    ok(file !== undefined)
    const images = imagesOf(packageFile(found.folder, file))
    const image = images.find(({ header }) => header.architecture === architecture)
    deepEqual({ ...image?.hashes }, hashes)
    deepEqual(image?.problems, [])
    return undefined
  })
}

for (const name of ['fsevents', '@parcel/watcher-darwin-arm64']) {
  test(
    `mach-o: commands and sections of ${name} as llvm-objdump reads them`,
    {
      skip: ORACLE,
    },
    (context) => {
      const found = packageFolder(name)
      if ('skip' in found) return context.skip(found.skip)
      const [file] = found.known.machos
      ok(file !== undefined)
      compareWithObjdump(context, { bytes: packageFile(found.folder, file) })
      return undefined
    },
  )
}

for (const { name, bytes, expected = '' } of yaraSamples()) {
  test(`mach-o: ${name} says what YARA-X reads`, () => {
    const [image] = imagesOf(bytes)
    const number = (key: string): number | undefined => {
      const text = new RegExp(`^ *${key}: (\\S+)`, 'm').exec(expected)?.[1]
      return text === undefined ? undefined : Number(text)
    }
    if (number('ncmds') === undefined) return
    equal(image?.header.cpuType, number('cputype'))
    equal(image?.header.commandCount, number('ncmds'))
    equal(image?.header.flags, number('flags'))
    if (number('symoff') !== undefined) equal(image?.symbolTable?.offset, number('symoff'))
    if (number('entry_point') !== undefined) equal(image?.entry?.offset, number('entry_point'))
    const dylibs = new Set([...expected.matchAll(/^ +- name: "(.*)"/gm)].map(([, path]) => path))
    ok(image?.dylibs.every(({ path }) => dylibs.has(path)))
  })
}

test('mach-o: of a universal file every slice has its own report', () => {
  const bytes = writeUniversal([writeImage(), writeImage({ cpuType: 0x01000007, flags: 0x85 })])
  const { parts, universal, problems } = readMachOFile(bytes, new Budget())
  equal(universal, true)
  deepEqual(problems, [])
  deepEqual(
    parts.map(({ slice, image }) => [slice?.offset, image?.header.architecture]),
    [
      [4096, 'arm64'],
      [8192, 'x86_64'],
    ],
  )
  deepEqual(
    parts[1]?.image?.signals.map(({ id }) => id),
    ['no_pie'],
  )
})

test('mach-o: a slice that overlaps, ends behind the file or stands twice is told', () => {
  const bytes = writeUniversal([writeImage(), writeImage()])
  bytes.writeUInt32BE(4100, 8 + 20 + 8)
  bytes.writeUInt32BE(1_000_000, 8 + 20 + 12)
  const { problems } = readMachOFile(bytes, new Budget())
  deepEqual(
    problems.map(({ message }) => message),
    [
      'It ends at 1004100, the file at 12288.',
      'It overlaps slice arm64.',
      'A processor stands twice.',
      'The image has no magic of Mach-O.',
    ],
  )
})

const CUTS = [3, 5, 30, 100, 340, 500]
for (const length of CUTS) {
  test(`mach-o: an image cut after ${length} bytes tells so and does not throw`, () => {
    const { parts, problems } = readMachOFile(writeImage().subarray(0, length), new Budget())
    const told = [...problems, ...parts.flatMap(({ image }) => image?.problems ?? [])]
    const reads = (parts[0]?.image?.commands.length ?? 0) === 4
    ok(told.length > 0 || reads)
  })
}

test('mach-o: damaged images end in problems, within the budget', () => {
  const seed = Number(process.env['POMONA_SEED'] ?? 20_261_125)
  const next = seededNumbers(seed)
  const seeds = [
    writeImage({ rpaths: ['/tmp/x'], overlay: Buffer.from('PK\x03\x04') }),
    writeUniversal([writeImage(), writeImage({ cpuType: 7 })]),
    ...goSamples().map(({ bytes }) => bytes),
    ...yaraSamples().map(({ bytes }) => bytes),
  ]
  const limits = { itemsMax: 20_000, stepsMax: 400_000, bytesMax: 4_000_000 }
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutated(seeds[run % seeds.length] ?? new Uint8Array(), next)
    const budget = new Budget(limits)
    try {
      readMachOFile(bytes, budget)
    } catch (error) {
      throw new Error(`Run ${run} of seed ${seed} throws`, { cause: error })
    }
    ok(budget.spent.items <= limits.itemsMax + 70_000)
  }
})
