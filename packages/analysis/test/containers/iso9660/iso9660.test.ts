import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { contentsOf } from '../support/contents.ts'
import { madeImage } from '../support/made-images.ts'

const SCRIPT = '#!/bin/sh\necho hello\n'
const FILES = [
  ['A rather long name é.txt', 'a name longer than the old ones'],
  ['Install Tool.app/Contents/MacOS/Tool', SCRIPT],
]
const latin1 = ([path = '', content = '']: readonly string[]) => [
  path.normalize('NFC'),
  Buffer.from(content).toString('latin1'),
]

for (const kind of ['rockRidge', 'joliet'] as const) {
  test(`iso9660: gives names and contents of ${kind}`, () => {
    const { files, container } = contentsOf(madeImage(kind), 'a.iso')
    equal(container?.format, 'iso9660')
    equal(container?.facts['volume_name'], 'INSTALL')
    deepEqual([...files].map(latin1), FILES)
  })
}

test('iso9660: Rock Ridge gives modes and links', () => {
  const { members } = contentsOf(madeImage('rockRidge'), 'a.iso')
  const link = members.find(({ kind }) => kind === 'symlink')
  deepEqual([link?.path, link?.target], [['Applications'], '/Applications'])
  equal(members.find(({ path }) => path[0]?.endsWith('/Tool'))?.mode, 0o555)
})

test('iso9660: a volume of Apple on the same disc is a member as well', () => {
  const { files, members } = contentsOf(madeImage('hybrid'), 'a.iso')
  const volume = members.find(({ container }) => container?.format === 'hfs_plus')
  equal(volume?.container?.facts['volume_name'], 'INSTALL')
  const [name = ''] = volume?.path ?? []
  const inVolume = [...files].filter(([path]) => path.startsWith(`${name}!`))
  deepEqual(
    inVolume.map(([path, content]) => latin1([path.slice(name.length + 1), content])),
    FILES,
  )
})

test('iso9660: a folder inside of itself ends', () => {
  const image = madeImage('joliet')
  // The folder MacOS, in both trees, becomes the folder it is in.
  const records = [...image.toString('latin1').matchAll(/\0M\0a\0c\0O\0S|MACOS/g)]
  ok(records.length > 0)
  for (const { index } of records) {
    const at = index - 33 + (image[index] === 0 ? 0 : 0)
    const self = image.subarray(Math.floor(at / 2_048) * 2_048)
    self.copy(image, at + 2, 2, 18)
  }
  ok(contentsOf(image, 'a.iso').found.includes('damaged'))
})
