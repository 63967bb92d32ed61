import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { asarOf } from './support/asar.ts'
import { contentsOf } from './support/contents.ts'
import { zipOf } from './support/zip.ts'

const { bytes: ARCHIVE, headerSha256: HASH } = asarOf([{ path: 'main.js', text: 'x' }])

function appOf(hash: string): Buffer {
  const integrity = `<key>ElectronAsarIntegrity</key><dict><key>Resources/app.asar</key><dict>
<key>algorithm</key><string>SHA256</string><key>hash</key><string>${hash}</string></dict></dict>`
  const info = `<plist version="1.0"><dict>
<key>CFBundleIdentifier</key><string>com.example.tool</string>
<key>CFBundleExecutable</key><string>Tool</string><key>LSUIElement</key><string>1</string>
<key>LSEnvironment</key><dict><key>DYLD_INSERT_LIBRARIES</key><string>x.dylib</string></dict>
<key>CFBundleURLTypes</key><array><dict><key>CFBundleURLSchemes</key><array>
<string>tool</string></array></dict></array>${integrity}</dict></plist>`
  return zipOf([
    { name: 'Tool.app/Contents/Info.plist', bytes: Buffer.from(info) },
    { name: 'Tool.app/Contents/MacOS/Tool', bytes: Buffer.from('#!/bin/sh'), mode: 0o100_755 },
    { name: 'Tool.app/Contents/Resources/app.asar', bytes: ARCHIVE },
    { name: 'Tool.app/Contents/_CodeSignature/CodeResources' },
    { name: 'Tool.app/Contents/CodeResources' },
  ])
}

test('bundles: say who they are, what runs, and how they are sealed', () => {
  const archive = zipOf([{ name: 'in.zip', bytes: appOf(HASH), store: true }])
  const { bundles, found } = contentsOf(archive, 'a.zip')
  deepEqual(found, [])
  equal(bundles.length, 1)
  deepEqual(bundles[0], {
    path: ['in.zip', 'Tool.app'],
    executable: ['in.zip', 'Tool.app/Contents/MacOS/Tool'],
    isSealed: true,
    hasTicket: true,
    info: {
      identifier: 'com.example.tool',
      executable: 'Tool',
      isHidden: true,
      environment: new Map([['DYLD_INSERT_LIBRARIES', 'x.dylib']]),
      urlSchemes: ['tool'],
      asarIntegrity: [{ path: 'Resources/app.asar', algorithm: 'SHA256', hash: HASH }],
    },
  })
})

test('bundles: an archive with another header than the bundle promises is told', () => {
  const { found } = contentsOf(appOf('00'.repeat(32)), 'a.zip')
  deepEqual(found, ['integrity_mismatch Tool.app/Contents/Resources/app.asar'])
})

test('bundles: without its executable one is listed all the same', () => {
  const info = '<plist><dict><key>CFBundleExecutable</key><string>../x</string></dict></plist>'
  const archive = zipOf([{ name: 'Contents/Info.plist', bytes: Buffer.from(info) }])
  const [bundle] = contentsOf(archive, 'a.zip').bundles
  deepEqual([bundle?.path, bundle?.executable], [[''], undefined])
})

test('bundles: an Info.plist that is none describes nothing', () => {
  const archive = zipOf([{ name: 'A.app/Contents/Info.plist', bytes: Buffer.from('nothing') }])
  deepEqual(contentsOf(archive, 'a.zip').bundles, [])
})
