import { deepEqual, equal } from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { reportFile } from '@pomona/analysis'
import { signImage, writeImage } from '@pomona/analysis/testing'
import { scanFile } from '../../src/scan/scan-file.ts'
import { temporaryFolder, written } from '../pomona.ts'

const OPTIONS = { nowMs: Date.parse('2026-11-25'), bytesMax: 2 ** 30, openContainers: true }
const INFO = (name: string): Buffer =>
  Buffer.from(
    `<plist version="1.0"><dict><key>CFBundleExecutable</key><string>${name}</string></dict></plist>`,
  )
const data = (bytes: Uint8Array): string => `<data>${Buffer.from(bytes).toString('base64')}</data>`

function writeHelper(contents: string): string {
  const infoPlist = INFO('tool')
  const tool = signImage(writeImage(), { identifier: 'org.example.helper', infoPlist })
  mkdirSync(join(contents, 'MacOS'), { recursive: true })
  written(contents, { name: 'Info.plist', content: infoPlist })
  written(join(contents, 'MacOS'), { name: 'tool', content: tool })
  return reportFile(tool, OPTIONS).images[0]?.signature?.cdhash ?? ''
}

/** A bundle with a resource, a link and a helper that is a bundle, sealed; its program's path. */
function writeBundle(context: TestContext): {
  readonly contents: string
  readonly program: string
} {
  const contents = join(temporaryFolder(context), 'Example.app', 'Contents')
  for (const folder of ['MacOS', 'Resources', '_CodeSignature']) {
    mkdirSync(join(contents, folder), { recursive: true })
  }
  const cdhash = writeHelper(join(contents, 'Helpers', 'Helper.app', 'Contents'))
  const icon = Buffer.from('icon')
  written(join(contents, 'Resources'), { name: 'icon', content: icon })
  symlinkSync('icon', join(contents, 'Resources', 'current'))
  const infoPlist = INFO('example')
  written(contents, { name: 'Info.plist', content: infoPlist })
  const resources = Buffer.from(`<plist version="1.0"><dict><key>files2</key><dict>
    <key>Resources/icon</key><dict><key>hash2</key>${data(hash('sha256', icon, 'buffer'))}</dict>
    <key>Resources/current</key><dict><key>symlink</key><string>icon</string></dict>
    <key>Helpers/Helper.app</key><dict><key>cdhash</key>${data(Buffer.from(cdhash, 'hex'))}</dict>
    </dict><key>rules2</key><dict><key>^.*</key><true/>
    <key>^Info\\.plist$</key><dict><key>omit</key><true/><key>weight</key><real>20</real></dict>
    </dict></dict></plist>`)
  written(join(contents, '_CodeSignature'), { name: 'CodeResources', content: resources })
  const program = written(join(contents, 'MacOS'), {
    name: 'example',
    content: signImage(writeImage(), { identifier: 'org.example', infoPlist, resources }),
  })
  return { contents, program }
}

const scanned = (program: string) => scanFile(program, OPTIONS)[0]

test('bundle: as it was sealed, Info.plist and the seal included', (context) => {
  const { program } = writeBundle(context)
  const found = scanned(program)
  deepEqual(found?.seal?.findings, [])
  const [facts] = found?.report.images ?? []
  equal(facts?.signature?.valid, true)
  deepEqual(
    facts?.signature?.directories?.[0]?.slots.map(({ name, state }) => `${name} ${state}`),
    ['Info.plist right', 'requirements right', 'resources right'],
  )
  equal(facts?.signature?.ticket, false)
})

const changes = [
  {
    name: 'a resource',
    change: (contents: string) =>
      written(join(contents, 'Resources'), { name: 'icon', content: 'other' }),
    want: ['resource_modified'],
  },
  {
    name: 'a file too many',
    change: (contents: string) => written(join(contents, 'MacOS'), { name: 'evil', content: '' }),
    want: ['resource_added'],
  },
  {
    name: 'a link gone',
    change: (contents: string) => rmSync(join(contents, 'Resources', 'current')),
    want: ['resource_missing'],
  },
  {
    name: 'the helper’s program',
    change: (contents: string) =>
      written(join(contents, 'Helpers/Helper.app/Contents/MacOS'), {
        name: 'tool',
        content: signImage(writeImage(), { identifier: 'org.example.evil' }),
      }),
    want: ['nested_code_modified'],
  },
]
for (const { name, change, want } of changes) {
  test(`bundle: with ${name} changed`, (context) => {
    const { contents, program } = writeBundle(context)
    change(contents)
    deepEqual(
      scanned(program)?.seal?.findings.map(({ id }) => id),
      want,
    )
  })
}

test('bundle: Info.plist that was exchanged is told by the signature', (context) => {
  const { contents, program } = writeBundle(context)
  written(contents, { name: 'Info.plist', content: `${INFO('example').toString()}\n` })
  const [facts] = scanned(program)?.report.images ?? []
  deepEqual(
    facts?.signature?.findings.map(({ id }) => id),
    ['slot_modified'],
  )
  equal(facts?.signature?.valid, false)
})

test('bundle: a stapled ticket is seen, and is no file too many', (context) => {
  const { contents, program } = writeBundle(context)
  written(contents, { name: 'CodeResources', content: 's8ch' })
  const found = scanned(program)
  deepEqual(found?.seal?.findings, [])
  equal(found?.report.images[0]?.signature?.ticket, true)
})

test('bundle: a program that Info.plist does not name is a file like any other', (context) => {
  const { contents } = writeBundle(context)
  const other = written(join(contents, 'MacOS'), { name: 'other', content: 'x' })
  equal(scanned(other)?.seal, undefined)
})
