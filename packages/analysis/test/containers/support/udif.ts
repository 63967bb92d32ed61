import { crc32, deflateSync } from 'node:zlib'

/** How one run of a disk is packed. */
export interface UdifRunOptions {
  readonly type: number
  readonly pack: (bytes: Uint8Array) => Uint8Array
}

const ZLIB: UdifRunOptions = { type: 0x80_00_00_05, pack: (bytes) => deflateSync(bytes) }
const SECTOR = 512
const RUN_BYTES = 16_384
const DATA_AT = 0

/** Writes a disk image of packed runs; runs of zeros take no room. */
export function udifOf(disk: Uint8Array, { type, pack }: UdifRunOptions = ZLIB): Buffer {
  const data: Buffer[] = []
  const runs: Buffer[] = []
  let packedAt = DATA_AT
  for (let at = 0; at < disk.length; at += RUN_BYTES) {
    const part = disk.subarray(at, at + RUN_BYTES)
    const isZero = part.every((byte) => byte === 0)
    const packed = isZero ? Buffer.alloc(0) : Buffer.from(pack(part))
    const run = Buffer.alloc(40)
    run.writeUInt32BE(isZero ? 0 : type, 0)
    run.writeBigUInt64BE(BigInt(at / SECTOR), 8)
    run.writeBigUInt64BE(BigInt(Math.ceil(part.length / SECTOR)), 16)
    run.writeBigUInt64BE(BigInt(packedAt), 24)
    run.writeBigUInt64BE(BigInt(packed.length), 32)
    runs.push(run)
    data.push(packed)
    packedAt += packed.length
  }
  const end = Buffer.alloc(40)
  end.writeUInt32BE(0xff_ff_ff_ff, 0)
  const table = Buffer.alloc(204)
  table.write('mish', 'latin1')
  table.writeUInt32BE(1, 4)
  table.writeBigUInt64BE(BigInt(Math.ceil(disk.length / SECTOR)), 16)
  table.writeUInt32BE(runs.length + 1, 200)
  return image(Buffer.concat(data), Buffer.concat([table, ...runs, end]), disk.length / SECTOR)
}

function image(fork: Buffer, table: Buffer, sectors: number): Buffer {
  const list = Buffer.from(`<?xml version="1.0"?><plist version="1.0"><dict><key>resource-fork</key>
<dict><key>blkx</key><array><dict><key>Name</key><string>whole disk</string><key>Data</key>
<data>${table.toString('base64')}</data></dict></array></dict></dict></plist>`)
  const trailer = Buffer.alloc(512)
  trailer.write('koly', 'latin1')
  trailer.writeUInt32BE(4, 4)
  trailer.writeUInt32BE(512, 8)
  trailer.writeUInt32BE(1, 12)
  trailer.writeBigUInt64BE(BigInt(fork.length), 32)
  trailer.writeUInt32BE(1, 56)
  trailer.writeUInt32BE(1, 60)
  trailer.writeUInt32BE(2, 80)
  trailer.writeUInt32BE(32, 84)
  trailer.writeUInt32BE(crc32(fork), 88)
  trailer.writeBigUInt64BE(BigInt(fork.length), 216)
  trailer.writeBigUInt64BE(BigInt(list.length), 224)
  trailer.writeUInt32BE(1, 488)
  trailer.writeBigUInt64BE(BigInt(Math.ceil(sectors)), 492)
  return Buffer.concat([fork, list, trailer])
}
