/** Disks full more often; the short form stands in tests/resilience/disk-full.test.ts. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { smallDiskSkip } from '../platform/small-disk.ts'
import { DISKS, survivesFullDisks } from '../resilience/disk-full.ts'

const skip = smallDiskSkip(join(tmpdir(), `pomona-disk-${process.pid}`))

test('full disks, twelve times', { skip }, async (context) => {
  const size = { rounds: 12, count: 40_000, rate: 600 }
  await survivesFullDisks({ seed: seedOfRun(), ...size, ...DISKS }, context)
})
