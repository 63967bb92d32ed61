import { crc32 } from 'node:zlib'
import { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'
import { readPlist } from '../../plist/plist.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { type ByteSource, headOf, partOf, peek } from '../source.ts'
import { damaged, encrypted } from '../stop.ts'
import { udifPartitions } from './blocks.ts'
import { UdifImage } from './image.ts'
import { udifTrailer, type UdifTrailer } from './trailer.ts'

const ENCRYPTED_MAGIC = 'encrcdsa'
const CHECKSUM_CRC32 = 2
/** An image of a terabyte has a list of some ten megabytes, in a few hundred values. */
const LIST_BYTES_MAX = 67_108_864
const LIST_STEPS_MAX = 1_000_000

/** Disk images as `hdiutil` makes them: a disk of packed runs, with its partitions or none. */
export const UDIF: ContainerFormat = {
  name: 'udif',
  recognise: (source) =>
    new ByteView(headOf(source, 8)).startsWith(ENCRYPTED_MAGIC) ||
    udifTrailer(source) !== undefined,
  *entries(source, context) {
    const trailer = udifTrailer(source)
    if (trailer === undefined) throw encrypted('The disk image needs a password.')
    const { dataFork, propertyList } = trailer
    if (propertyList.length > LIST_BYTES_MAX) throw damaged('The list of runs is absurdly long.')
    const list = source.read(propertyList.offset, propertyList.length)
    const values = readPlist(list, new Budget({ stepsMax: LIST_STEPS_MAX }))
    const partitions = udifPartitions(values, context.budget)
    tell(source, trailer, context)
    context.fact(
      'partitions',
      partitions
        .map(({ name }) => name)
        .join(', ')
        .slice(0, 1_000),
    )
    const fork = partOf(source, dataFork)
    const runs = partitions.flatMap(({ runs }) => runs)
    const image = new UdifImage(fork, runs, context.budget)
    const path = 'disk image'
    yield { path, kind: 'file', size: image.length, packedBytes: fork.length, open: () => image }
  },
}

function tell(source: ByteSource, trailer: UdifTrailer, context: ReadContext): void {
  const { codeSignature, dataChecksum, dataFork } = trailer
  context.fact('signed', codeSignature.length > 0)
  if (codeSignature.length > 0) {
    context.fact('signature_offset', codeSignature.offset)
    context.fact('signature_bytes', codeSignature.length)
  }
  if (dataChecksum.type !== CHECKSUM_CRC32) return
  if (crc32(peek(source, dataFork)) === dataChecksum.value) return
  context.note({ code: 'checksum_mismatch', detail: 'The sum of the image is another one.' })
}
