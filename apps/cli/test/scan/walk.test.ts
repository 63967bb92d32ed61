import { deepEqual } from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { walkFiles } from '../../src/scan/walk.ts'
import { temporaryFolder, written } from '../pomona.ts'

test('walk: files in order of names, links only where they are named', (context) => {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'b'))
  const inside = written(join(folder, 'b'), { name: 'x', content: '' })
  const last = written(folder, { name: 'c', content: '' })
  const first = written(folder, { name: 'a', content: '' })
  const link = join(folder, 'link')
  symlinkSync(folder, join(folder, 'b', 'loop'))
  symlinkSync(last, link)
  deepEqual([...walkFiles([folder])], [first, inside, last])
  deepEqual([...walkFiles([link, join(folder, 'none')])], [link, join(folder, 'none')])
})
