import type { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'
import { plistList, plistMap, plistText, type PlistValue } from '../../plist/value.ts'
import { damaged } from '../stop.ts'

/** A run of sectors and how its bytes are packed. */
export interface UdifRun {
  readonly type: number
  /** Bytes in the image, once unpacked. */
  readonly offset: number
  readonly length: number
  /** Bytes in the data fork. */
  readonly packedAt: number
  readonly packedBytes: number
}

/** A partition as the image lists it. */
export interface UdifPartition {
  readonly name: string
  readonly runs: readonly UdifRun[]
}

/** Kinds of runs. */
export const RUN = {
  zero: 0,
  plain: 1,
  ignored: 2,
  adc: 0x80_00_00_04,
  zlib: 0x80_00_00_05,
  bzip2: 0x80_00_00_06,
  lzfse: 0x80_00_00_07,
  xz: 0x80_00_00_08,
  comment: 0x7f_ff_ff_fe,
  end: 0xff_ff_ff_ff,
} as const

const SECTOR_BYTES = 512
const TABLE_MAGIC = 'mish'
const TABLE_BYTES = 204
const RUN_BYTES = 40

/** The partitions in the property list of an image: `resource-fork`, `blkx`. */
export function udifPartitions(list: PlistValue, budget: Budget): readonly UdifPartition[] {
  const tables = plistList(plistMap(plistMap(list)?.get('resource-fork'))?.get('blkx'))
  if (tables === undefined) throw damaged('The property list of the image has no partitions.')
  return tables.map((table) => {
    const fields = plistMap(table)
    const data = fields?.get('Data')
    if (!(data instanceof Uint8Array)) throw damaged('A partition of the image has no runs.')
    const name = plistText(fields?.get('Name')) ?? plistText(fields?.get('CFName')) ?? ''
    return { name, runs: runsOf(new ByteView(data, 'big'), budget) }
  })
}

/**
 * ```
 *   0  "mish", version (4), first sector (8), sectors (8), data offset (8), buffers (4)
 * 200  runs (4), runs × { type (4), comment (4), sector (8), sectors (8), offset (8), bytes (8) }
 * ```
 */
function runsOf(table: ByteView, budget: Budget): readonly UdifRun[] {
  if (!table.startsWith(TABLE_MAGIC)) throw damaged('A table of runs has no magic.')
  const firstSector = table.size64(8)
  const dataAt = table.size64(24)
  const count = table.u32(200)
  budget.spendSteps(count)
  const runs: UdifRun[] = []
  for (let index = 0; index < count; index++) {
    const at = TABLE_BYTES + index * RUN_BYTES
    const type = table.u32(at)
    if (type === RUN.end) break
    if (type === RUN.comment) continue
    runs.push({
      type,
      offset: (firstSector + table.size64(at + 8)) * SECTOR_BYTES,
      length: table.size64(at + 16) * SECTOR_BYTES,
      packedAt: dataAt + table.size64(at + 24),
      packedBytes: table.size64(at + 32),
    })
  }
  return runs
}
