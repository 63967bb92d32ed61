import { equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PACKET_FILTER } from '../../src/network/packet-filter.ts'
import type { NetworkRecord } from '../../src/network/record.ts'
import { decode } from './conversation.ts'
import { fixture } from './recaptured.ts'

const folder = mkdtempSync(join(tmpdir(), 'pomona-filter-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const { error } = spawnSync('tcpdump', ['--version'])
const skip = error === undefined ? false : 'tcpdump is not installed: nothing to filter with'

// The servers of the fixtures are not on 443.
const FILTER = PACKET_FILTER.replaceAll('port 443', 'port 8443')

function filtered(capture: Buffer): Buffer {
  const [from, to] = [join(folder, 'all.pcap'), join(folder, 'filtered.pcap')]
  writeFileSync(from, capture)
  const { status, stderr } = spawnSync('tcpdump', ['-r', from, '-w', to, FILTER])
  equal(status, 0, stderr.toString())
  return readFileSync(to)
}

function told(records: readonly NetworkRecord[]) {
  return records.map(({ sequence: _sequence, source, destination, ...record }) => {
    const isReset = record.reason === 'reset'
    const ends = [source, destination]
    return { ...record, ends: isReset ? ends.map(({ ip, port }) => ({ ip, port })) : ends }
  })
}

for (const version of [4, 6] as const) {
  test(
    `packet filter: what it lets through of IPv${version} gives the same records`,
    { skip },
    () => {
      const capture = fixture(version)
      const all = decode(capture)
      const some = decode(filtered(capture))
      const untold = all.records.filter(({ tls }) => tls?.serverName === 'long.orchard.example')
      // A hello of three segments has one in its middle that nothing marks.
      equal(untold.length, 1)
      const wanted = all.records.filter((record) => !untold.includes(record))
      equal(JSON.stringify(told(some.records)), JSON.stringify(told(wanted)))
      // What a reset cut off was sent, and nothing of what passes the filter tells of it.
      for (const [index, { source, destination }] of some.records.entries()) {
        ok((source.bytes ?? 0) <= (wanted[index]?.source.bytes ?? 0))
        ok((destination.bytes ?? 0) <= (wanted[index]?.destination.bytes ?? 0))
      }
      ok(some.counts.packets.received < all.counts.packets.received * 0.75)
    },
  )
}
