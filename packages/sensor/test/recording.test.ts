import { deepEqual, equal, rejects } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { openRecording, SensorError } from '@pomona/sensor'

const TEXT = Array.from(
  { length: 400 },
  (_, index) => `{"version":9,"event":{"exit":{"stat":${index}}}}\n`,
).join('')
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pomona-recording-'))
})
after(() => rm(folder, { recursive: true }))

async function sent(path: string): Promise<number> {
  const recording = await openRecording(path)
  let records = 0
  for await (const read of recording) if (read.ok) records++
  equal(recording.counts().sent, records)
  return records
}

const forms = [
  { name: 'plain', file: 'a.jsonl', bytes: Buffer.from(TEXT) },
  { name: 'gzip', file: 'a.jsonl.gz', bytes: gzipSync(TEXT) },
  { name: 'zstd', file: 'a.jsonl.zst', bytes: zstdCompressSync(TEXT) },
  { name: 'gzip under another name', file: 'b.jsonl', bytes: gzipSync(TEXT) },
]
for (const { name, file, bytes } of forms) {
  test(`recording: reads ${name}`, async () => {
    const path = join(folder, file)
    await writeFile(path, bytes)
    equal(await sent(path), 400)
  })
}

test('recording: an empty file has no lines', async () => {
  const path = join(folder, 'empty')
  await writeFile(path, '')
  deepEqual(await sent(path), 0)
})

for (const { name, bytes } of forms.slice(1, 3)) {
  test(`recording: ${name} that is cut off is said to be corrupt`, async () => {
    const path = join(folder, `cut-${name}`)
    await writeFile(path, bytes.subarray(0, bytes.length - 12))
    await rejects(sent(path), isError('ERR_RECORDING_CORRUPT'))
  })
}

test('recording: a missing file is said to be unreadable', async () => {
  await rejects(openRecording(join(folder, 'none')), isError('ERR_RECORDING_UNREADABLE'))
})

test('recording: a folder is said to be unreadable', async () => {
  await rejects(openRecording(folder), isError('ERR_RECORDING_UNREADABLE'))
})

function isError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof SensorError && error.code === code
}
