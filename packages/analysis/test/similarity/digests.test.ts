/** ssdeep and TLSH against the tools they are named after, and against what those said once. */
import { equal, notEqual } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ssdeep, tlsh } from '@pomona/analysis'
import { seededNumbers } from '@pomona/analysis/testing'

function drawn(length: number, values = 256): Uint8Array {
  const next = seededNumbers(length + values)
  return Uint8Array.from({ length }, () => Math.floor(next() * values))
}

const LENGTHS = [0, 1, 7, 50, 191, 192, 193, 256, 656, 657, 3_199, 3_200, 5_000, 65_536, 200_003]
const INPUTS = LENGTHS.flatMap((length) => [
  { name: `${length} bytes of noise`, bytes: drawn(length) },
  { name: `${length} bytes of few values`, bytes: drawn(length, 5) },
])

/** What a tool prints of bytes; undefined when it is not installed. */
function printed(context: TestContext, [tool, ...args]: readonly string[], bytes: Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-similarity-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'file')
  writeFileSync(file, bytes)
  const ended = spawnSync(tool ?? '', [...args, file], { encoding: 'utf8' })
  return ended.error === undefined ? ended.stdout : undefined
}

for (const { name, bytes } of INPUTS) {
  test(`digests: ssdeep of ${name}`, (context) => {
    const text = printed(context, ['ssdeep', '-s'], bytes)
    if (text === undefined) return context.skip('ssdeep is not installed')
    equal(ssdeep(bytes), text.split('\n')[1]?.split(',')[0])
    return undefined
  })
}

// Older versions of the tool want 256 bytes and leave the version out.
for (const { name, bytes } of INPUTS.filter((one) => one.bytes.length >= 256)) {
  test(`digests: TLSH of ${name}`, (context) => {
    const text = printed(context, ['tlsh', '-f'], bytes)
    if (text === undefined) return context.skip('tlsh is not installed')
    const wanted = /^(?:T1)?([0-9A-F]{70})\s/.exec(text)?.[1]
    equal(tlsh(bytes)?.slice(2), wanted)
    return undefined
  })
}

test('digests: too little has no TLSH', () => {
  equal(tlsh(drawn(49)), undefined)
  equal(tlsh(new Uint8Array(10_000)), undefined)
  notEqual(tlsh(drawn(300)), undefined)
})

test('digests: known values', () => {
  const text = Buffer.from('The Roman guardian of apple orchards. '.repeat(40))
  equal(
    ssdeep(text),
    '24:pLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXLXl:lbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1',
  )
  equal(
    tlsh(drawn(5_000)),
    'T146A16C43636A83265D94CA9116CADFE4E188DD2D8A7131C682FBA83C66F41045EBE338',
  )
})
