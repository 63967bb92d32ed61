import { deepEqual, equal, rejects } from 'node:assert/strict'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderKeyFiles } from '../../src/pki/key-files.ts'
import { temporaryFolder } from '../support/server.ts'

test('key files: only their owner can open them, and nothing else is left behind', async (context) => {
  const folder = join(temporaryFolder(context), 'pki')
  const files = folderKeyFiles(folder)
  equal(await files.read('a.key'), undefined)
  await files.write('a.key', 'secret')
  await files.write('a.key', 'other')
  equal(await files.read('a.key'), 'other')
  deepEqual(readdirSync(folder), ['a.key'])
  equal(statSync(join(folder, 'a.key')).mode & 0o777, 0o600)
  equal(statSync(folder).mode & 0o777, 0o700)
})

test('key files: a key that others can open is not used', async (context) => {
  const folder = temporaryFolder(context)
  const files = folderKeyFiles(folder)
  await files.write('a.key', 'secret')
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(join(folder, 'a.key'), mode)
    await rejects(files.read('a.key'), { code: 'ERR_PKI' })
  }
  chmodSync(join(folder, 'a.key'), 0o400)
  equal(await files.read('a.key'), 'secret')
})
