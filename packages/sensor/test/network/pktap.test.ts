import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import type { Packet } from '../../src/network/capture/packet.ts'
import { withoutPktap } from '../../src/network/pktap.ts'
import { pktapVersion1, pktapVersion2, type WrittenPktap } from '../../src/testing.ts'

const TOLD: WrittenPktap = {
  dlt: 1,
  interfaceName: 'en0',
  direction: 'out',
  pid: 501,
  name: 'mDNSResponder',
  uuid: 'AAAAAAAA-0000-4000-8000-000000000001',
  effectivePid: 777,
  effectiveName: 'curl',
  effectiveUuid: 'BBBBBBBB-0000-4000-8000-000000000002',
}
const WANT = {
  linkType: 1,
  interfaceName: 'en0',
  direction: 'out',
  process: { pid: 501, name: 'mDNSResponder', uuid: TOLD.uuid },
  effective: { pid: 777, name: 'curl', uuid: TOLD.effectiveUuid },
  bytes: 'payload',
  wireBytes: 7,
}

function packetOf(bytes: Buffer): Packet {
  return {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    start: 0,
    end: bytes.length,
    wireBytes: bytes.length,
    atNs: 0n,
    linkType: 258,
    interfaceName: 'pktap',
    direction: undefined,
    process: undefined,
    effective: undefined,
  }
}

function read(header: Buffer): object | undefined {
  const found = withoutPktap(packetOf(Buffer.concat([header, Buffer.from('payload')])))
  if (found === undefined) return undefined
  const { view, start, end, atNs: _atNs, ...told } = found
  return {
    ...told,
    bytes: Buffer.from(view.buffer, view.byteOffset + start, end - start).toString(),
  }
}

const LONG = { ...TOLD, interfaceName: 'x'.repeat(40), name: 'a-name-beyond-sixteen' }
const cases = [
  { name: 'version 1', header: pktapVersion1(TOLD), want: WANT },
  {
    name: 'version 1 of the first systems, without UUIDs',
    header: pktapVersion1(TOLD, 108),
    want: {
      ...WANT,
      process: { pid: 501, name: 'mDNSResponder' },
      effective: { pid: 777, name: 'curl' },
    },
  },
  { name: 'version 2', header: pktapVersion2(TOLD), want: WANT },
  {
    name: 'nobody: pid -1 and no name',
    header: pktapVersion1({ dlt: 1, interfaceName: 'en0', direction: 'in' }),
    want: { ...WANT, direction: 'in', process: undefined, effective: undefined },
  },
  {
    name: 'the kernel: pid 0 with a name',
    header: pktapVersion1({ dlt: 1, interfaceName: 'en0', pid: 0, name: 'kernel_task' }),
    want: {
      ...WANT,
      direction: undefined,
      process: { pid: 0, name: 'kernel_task' },
      effective: undefined,
    },
  },
  {
    name: 'names as long as their field',
    header: pktapVersion1(LONG),
    want: {
      ...WANT,
      interfaceName: 'x'.repeat(23),
      process: { pid: 501, name: 'a-name-beyond-si', uuid: TOLD.uuid },
    },
  },
]
for (const { name, header, want } of cases) {
  test(`pktap: ${name}`, () => deepEqual(read(header), want))
}

const spoilt = [
  { name: 'a header longer than the packet', header: lengthened(pktapVersion1(TOLD), 4_000) },
  { name: 'a header shorter than version 1', header: lengthened(pktapVersion1(TOLD), 100) },
  { name: 'something else than a packet behind it', header: typed(pktapVersion1(TOLD)) },
  {
    name: 'a second version shorter than its fixed part',
    header: pktapVersion2(TOLD).fill(39, 0, 1),
  },
  { name: 'a second version longer than the packet', header: pktapVersion2(TOLD).fill(255, 0, 1) },
]
for (const { name, header } of spoilt) {
  test(`pktap: refuses ${name}`, () => equal(read(header), undefined))
}

test('pktap: refuses fewer bytes than the flags need', () => {
  equal(withoutPktap(packetOf(Buffer.alloc(39))), undefined)
})

test('pktap: offsets beyond the header of version 2 are absent parts', () => {
  const header = pktapVersion2(TOLD).fill(254, 1, 6)
  deepEqual(read(header), {
    ...WANT,
    interfaceName: undefined,
    process: { pid: 501 },
    effective: { pid: 777 },
  })
})

function lengthened(header: Buffer, bytes: number): Buffer {
  header.writeUInt32LE(bytes, 0)
  return header
}

function typed(header: Buffer): Buffer {
  header.writeUInt32LE(0, 4)
  return header
}
