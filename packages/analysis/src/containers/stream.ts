import { isBzip2, unpackBzip2 } from '../compression/bzip2.ts'
import type { Decoded } from '../compression/decoded.ts'
import { gzipName, isGzip, unpackGzip } from '../compression/gzip.ts'
import { isLzfse, unpackLzfse } from '../compression/lzfse.ts'
import { isPbzx, unpackPbzx } from '../compression/pbzx.ts'
import { isLzmaAlone, isXz, unpackLzmaAlone, unpackXz } from '../compression/xz.ts'
import { isZstd, unpackZstd } from '../compression/zlib.ts'
import type { Entry } from './entry.ts'
import type { ContainerFormat, ContainerFormatName } from './format.ts'
import { baseName } from './paths.ts'
import { headOf } from './source.ts'

const HEAD_BYTES = 32
const GZIP_HEAD_BYTES = 8_192

interface Stream {
  readonly name: ContainerFormatName
  readonly isOne: (head: Uint8Array) => boolean
  readonly unpack: (packed: Uint8Array, bytesMax: number) => Decoded
  /** Endings that go, and what takes their place. */
  readonly endings: Readonly<Record<string, string>>
}

/** What the name says without the ending of the compression: `a.tgz` holds `a.tar`. */
function innerName(name: string, endings: Stream['endings']): string {
  const ending = Object.keys(endings).find((one) => name.toLowerCase().endsWith(one))
  if (ending === undefined || ending.length === name.length) return `${name}.unpacked`
  return name.slice(0, -ending.length) + (endings[ending] ?? '')
}

/** A compressed stream as a container of one file. */
function streamFormat(stream: Stream): ContainerFormat {
  return {
    name: stream.name,
    recognise: (source) => stream.isOne(headOf(source, HEAD_BYTES)),
    *entries(source, context) {
      const stated = stream.name === 'gzip' ? gzipName(headOf(source, GZIP_HEAD_BYTES)) : undefined
      const entry: Entry = {
        path: baseName(stated ?? '') || innerName(context.name, stream.endings),
        kind: 'file',
        packedBytes: source.length,
        read: (bytesMax) => {
          const { bytes, consumed, problem } = stream.unpack(
            source.read(0, source.length),
            bytesMax,
          )
          if (problem !== undefined) return { bytes, problem }
          if (consumed < source.length) {
            const detail = `${source.length - consumed} bytes follow the stream.`
            context.note({ code: 'data_after_end', detail })
          }
          return { bytes }
        },
      }
      yield entry
    },
  }
}

const KINDS: readonly Stream[] = [
  { name: 'gzip', isOne: isGzip, unpack: unpackGzip, endings: { '.tgz': '.tar', '.gz': '' } },
  {
    name: 'bzip2',
    isOne: isBzip2,
    unpack: unpackBzip2,
    endings: { '.tbz': '.tar', '.tbz2': '.tar', '.bz2': '' },
  },
  { name: 'xz', isOne: isXz, unpack: unpackXz, endings: { '.txz': '.tar', '.xz': '' } },
  { name: 'pbzx', isOne: isPbzx, unpack: unpackPbzx, endings: { '.pbzx': '' } },
  { name: 'lzma', isOne: isLzmaAlone, unpack: unpackLzmaAlone, endings: { '.lzma': '' } },
  { name: 'zstd', isOne: isZstd, unpack: unpackZstd, endings: { '.tzst': '.tar', '.zst': '' } },
  { name: 'lzfse', isOne: isLzfse, unpack: unpackLzfse, endings: { '.lzfse': '' } },
]

/** All streams that hold one file each. */
export const STREAMS: readonly ContainerFormat[] = KINDS.map(streamFormat)
