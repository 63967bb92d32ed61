import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { contentsOf } from '../support/contents.ts'
import { madeImage } from '../support/made-images.ts'

for (const bits of [12, 16, 32] as const) {
  test(`fat: gives long names and contents of FAT${bits}`, () => {
    const { files, members, found, container } = contentsOf(madeImage(`fat${bits}`), 'a.img')
    equal(container?.format, 'fat')
    equal(container?.facts['fat_bits'], bits)
    deepEqual(found, [])
    deepEqual(
      new Map(files),
      new Map([
        ['Install Tool.app/Contents/MacOS/Tool', '#!/bin/sh\necho hello\n'],
        ['A rather long name é.txt', 'a name longer than the old ones'],
      ]),
    )
    equal(members.filter(({ kind }) => kind === 'folder').length, 3)
  })
}

test('fat: a chain of clusters in a circle ends', () => {
  const image = madeImage('fat16')
  const fatAt = image.readUInt16LE(14) * image.readUInt16LE(11)
  // Every cluster is followed by the second one.
  for (let at = fatAt + 4; at < fatAt + 200; at += 2) image.writeUInt16LE(2, at)
  const { found } = contentsOf(image, 'a.img')
  ok(
    found.some((one) => one.startsWith('damaged')),
    found.join(),
  )
})
