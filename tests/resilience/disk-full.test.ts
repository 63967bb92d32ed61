import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { smallDiskSkip } from '../platform/small-disk.ts'
import { DISKS, survivesFullDisks } from './disk-full.ts'

const skip = smallDiskSkip(join(tmpdir(), `pomona-disk-${process.pid}`))

test('full disks cost nothing that is not accounted for', { skip }, async (context) => {
  const size = { rounds: 2, count: 6_000, rate: 600 }
  await survivesFullDisks({ seed: seedOfRun(), ...size, ...DISKS }, context)
})
