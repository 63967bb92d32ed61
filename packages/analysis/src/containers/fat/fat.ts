import type { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'
import type { Entry } from '../entry.ts'
import { type ByteRun, ExtentSource } from '../extent-source.ts'
import type { ContainerFormat } from '../format.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, peek } from '../source.ts'
import { damaged } from '../stop.ts'
import { type FatItem, folderItems } from './folder.ts'

/** What the first sector says. */
interface Shape {
  readonly bits: 12 | 16 | 32
  readonly sectorBytes: number
  readonly clusterBytes: number
  readonly fatAt: number
  readonly fatBytes: number
  readonly rootAt: number
  readonly rootBytes: number
  readonly dataAt: number
  /** Clusters there are; they count from 2. */
  readonly clusters: number
  readonly rootCluster: number
}

const SECTOR_BYTES = 512
const CLUSTERS_12_MAX = 4_085
const CLUSTERS_16_MAX = 65_525
const DEPTH_MAX = 64
const FOLDER_BYTES_MAX = 16_777_216

/** FAT12, FAT16 and FAT32, with long names. */
export const FAT: ContainerFormat = {
  name: 'fat',
  recognise: (source) => shapeOf(source) !== undefined,
  *entries(source, context) {
    const shape = shapeOf(source)
    if (shape === undefined) throw damaged('There is no such volume.')
    context.fact('fat_bits', shape.bits)
    const volume = new Volume(source, shape, context.budget)
    yield* volume.entries()
  },
}

/**
 * ```
 *  0 jump (3), maker (8), 11 sector bytes (2), sectors of a cluster (1), reserved sectors (2),
 * 16 tables (1), root entries (2), sectors (2), media (1), sectors of a table (2)
 * 32 sectors (4), 36 sectors of a table (4, FAT32), 44 root cluster (4), 510 55 aa
 * ```
 */
function shapeOf(source: ByteSource): Shape | undefined {
  const sector = new ByteView(peek(source, { offset: 0, length: SECTOR_BYTES }))
  if (sector.length < SECTOR_BYTES || sector.u16(510) !== 0xaa_55) return undefined
  if (sector.u8(0) !== 0xeb && sector.u8(0) !== 0xe9) return undefined
  const [sectorBytes, perCluster, reserved] = [sector.u16(11), sector.u8(13), sector.u16(14)]
  const isPower = (value: number) => value > 0 && (value & (value - 1)) === 0
  if (!isPower(sectorBytes) || sectorBytes < 512 || sectorBytes > 4_096) return undefined
  const tables = sector.u8(16)
  if (!isPower(perCluster) || reserved === 0 || tables === 0 || tables > 4) return undefined
  const perTable = sector.u16(22) || sector.u32(36)
  const rootBytes = sector.u16(17) * 32
  const sectors = sector.u16(19) || sector.u32(32)
  const fatAt = reserved * sectorBytes
  const rootAt = fatAt + tables * perTable * sectorBytes
  const dataAt = rootAt + Math.ceil(rootBytes / sectorBytes) * sectorBytes
  const clusterBytes = perCluster * sectorBytes
  const clusters = Math.floor((sectors * sectorBytes - dataAt) / clusterBytes)
  if (perTable === 0 || clusters < 1) return undefined
  const small = clusters < CLUSTERS_12_MAX ? 12 : 16
  const bits = clusters < CLUSTERS_16_MAX && sector.u16(22) !== 0 ? small : 32
  const fatBytes = perTable * sectorBytes
  const rootCluster = bits === 32 ? sector.u32(44) : 0
  const places = { fatAt, fatBytes, rootAt, rootBytes, dataAt, rootCluster }
  return { bits, sectorBytes, clusterBytes, clusters, ...places }
}

class Volume {
  readonly #source: ByteSource
  readonly #shape: Shape
  readonly #budget: Budget
  readonly #fat: ByteView
  readonly #seen = new Set<number>()

  constructor(source: ByteSource, shape: Shape, budget: Budget) {
    this.#source = source
    this.#shape = shape
    this.#budget = budget
    const length = Math.min(shape.fatBytes, Math.ceil(((shape.clusters + 2) * shape.bits) / 8))
    this.#fat = new ByteView(peek(source, { offset: shape.fatAt, length }))
  }

  *entries(): Iterable<Entry> {
    const { rootAt, rootBytes, rootCluster } = this.#shape
    const root =
      rootCluster === 0
        ? peek(this.#source, { offset: rootAt, length: rootBytes })
        : this.#folderBytes(rootCluster)
    yield* this.#inFolder(root, { path: '', depth: 0 })
  }

  *#inFolder(bytes: Uint8Array, { path, depth }: Place): Iterable<Entry> {
    if (depth > DEPTH_MAX) throw damaged('The folders are nested absurdly.')
    for (const item of folderItems(bytes, this.#budget)) {
      const whole = path === '' ? item.name : `${path}/${item.name}`
      if (!item.isFolder) {
        yield this.#file(item, whole)
        continue
      }
      yield { path: whole, kind: 'folder' }
      if (this.#seen.has(item.cluster)) throw damaged('The folders run in a circle.')
      this.#seen.add(item.cluster)
      const inside = this.#folderBytes(item.cluster)
      yield* this.#inFolder(inside, { path: whole, depth: depth + 1 })
    }
  }

  #file({ size, cluster }: FatItem, path: string): Entry {
    const read = (bytesMax: number) => {
      const runs = this.#runs(cluster, size)
      const file = new ExtentSource(this.#source, { size, runs }, this.#budget)
      return plainContent(file, { offset: 0, length: size }, bytesMax)
    }
    return { path, kind: 'file', size, packedBytes: size, read }
  }

  #folderBytes(cluster: number): Uint8Array {
    const runs = this.#runs(cluster, FOLDER_BYTES_MAX)
    const size = runs.reduce((sum, { length }) => sum + length, 0)
    return new ExtentSource(this.#source, { size, runs }, this.#budget).read(0, size)
  }

  /** The clusters of a chain, up to as many bytes. */
  #runs(first: number, bytesMax: number): ByteRun[] {
    const { dataAt, clusterBytes, clusters } = this.#shape
    const runs: ByteRun[] = []
    const seen = new Set<number>()
    let bytes = 0
    for (let cluster = first; bytes < bytesMax; cluster = this.#next(cluster)) {
      if (cluster < 2 || cluster >= clusters + 2) break
      if (seen.has(cluster)) throw damaged('A chain of clusters runs in a circle.')
      seen.add(cluster)
      this.#budget.spendSteps()
      const from = dataAt + (cluster - 2) * clusterBytes
      const last = runs.at(-1)
      if (last?.from !== undefined && last.from + last.length === from) {
        runs[runs.length - 1] = { from: last.from, length: last.length + clusterBytes }
      } else runs.push({ from, length: clusterBytes })
      bytes += clusterBytes
    }
    return runs
  }

  #next(cluster: number): number {
    const { bits } = this.#shape
    if (bits === 32) return this.#fat.u32(cluster * 4) & 0x0f_ff_ff_ff
    if (bits === 16) return this.#fat.u16(cluster * 2)
    const pair = this.#fat.u16(cluster + (cluster >> 1))
    return cluster & 1 ? pair >> 4 : pair & 0x0f_ff
  }
}

interface Place {
  readonly path: string
  readonly depth: number
}
