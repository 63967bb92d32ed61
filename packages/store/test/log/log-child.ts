import type { HostId, StreamId, TenantId } from '@pomona/schema'
import { openSqliteLog } from '../../src/index.ts'

// Appends one delivery after the other, several at once, and tells of each that was acknowledged,
// in order, until it is killed.

const log = await openSqliteLog({ directory: process.argv[2] ?? '' })
let sequence = Number(process.argv[3])
for (;;) {
  const first = sequence
  sequence += 5
  const appends = [0, 1, 2, 3, 4].map((step) =>
    log.append({
      tenantId: 'default' as TenantId,
      hostId: 'h' as HostId,
      streamId: 's' as StreamId,
      firstSequence: first + step,
      lastSequence: first + step,
      digest: String(first + step).padEnd(64, '0'),
      ingested: '2026-11-22T10:00:00.000000000Z',
      eventsCount: 1,
      payload: Buffer.alloc(100, (first + step) % 251),
    }),
  )
  await Promise.all(appends)
  process.send?.(first + 4)
}
