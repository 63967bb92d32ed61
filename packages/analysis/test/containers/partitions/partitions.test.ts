import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { contentsOf } from '../support/contents.ts'
import { hfsPlusOf } from '../support/hfs-plus.ts'

const SECTOR = 512
const VOLUME = hfsPlusOf([{ path: 'x', data: Buffer.from('inside') }])
const SECTORS = VOLUME.length / SECTOR
const START = 64

function diskWith(write: (disk: Buffer) => void): Buffer {
  const disk = Buffer.alloc((START + SECTORS) * SECTOR)
  VOLUME.copy(disk, START * SECTOR)
  write(disk)
  return disk
}

const MAPS = [
  {
    name: 'a GUID map',
    disk: diskWith((disk) => {
      disk.write('EFI PART', SECTOR, 'latin1')
      disk.writeBigUInt64LE(2n, SECTOR + 72)
      disk.writeUInt32LE(4, SECTOR + 80)
      disk.writeUInt32LE(128, SECTOR + 84)
      disk.fill(0xab, 2 * SECTOR, 2 * SECTOR + 16)
      disk.writeBigUInt64LE(BigInt(START), 2 * SECTOR + 32)
      disk.writeBigUInt64LE(BigInt(START + SECTORS - 1), 2 * SECTOR + 40)
      disk.write('Install', 2 * SECTOR + 56, 'utf16le')
    }),
    path: '0 Install',
  },
  {
    name: 'Apple’s map',
    disk: diskWith((disk) => {
      disk.write('ER', 'latin1')
      disk.writeUInt16BE(SECTOR, 2)
      for (const [block, type] of ['Apple_partition_map', 'Apple_HFS'].entries()) {
        const at = (block + 1) * SECTOR
        disk.write('PM', at, 'latin1')
        disk.writeUInt32BE(2, at + 4)
        disk.writeUInt32BE(block === 0 ? 1 : START, at + 8)
        disk.writeUInt32BE(block === 0 ? 2 : SECTORS, at + 12)
        disk.write('disk image', at + 16, 'latin1')
        disk.write(type, at + 48, 'latin1')
      }
    }),
    path: '0 disk image',
  },
  {
    name: 'the PC’s map',
    disk: diskWith((disk) => {
      disk.writeUInt8(0xaf, 446 + 4)
      disk.writeUInt32LE(START, 446 + 8)
      disk.writeUInt32LE(SECTORS, 446 + 12)
      disk.writeUInt16LE(0xaa_55, 510)
    }),
    path: '0 type 175',
  },
]
for (const { name, disk, path } of MAPS) {
  test(`partitions: ${name} leads to its volume`, () => {
    const { files, found, container } = contentsOf(disk, 'disk.img')
    equal(container?.format, 'partitions')
    deepEqual([...files], [[`${path}!x`, 'inside']])
    deepEqual(found, [])
  })
}

test('partitions: a partition beyond the disk is cut to it', () => {
  const [gpt] = MAPS
  const disk = Buffer.from(gpt?.disk ?? [])
  disk.writeBigUInt64LE(1n << 60n, 2 * SECTOR + 40)
  deepEqual([...contentsOf(disk, 'disk.img').files.values()], ['inside'])
})
