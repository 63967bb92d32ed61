import { CPIO } from './cpio/cpio.ts'
import { APFS } from './apfs/apfs.ts'
import { ASAR } from './asar/asar.ts'
import { FAT } from './fat/fat.ts'
import type { ContainerFormat } from './format.ts'
import { HFS_PLUS } from './hfs-plus/hfs-plus.ts'
import { ISO9660 } from './iso9660/iso9660.ts'
import { APPLE_DOUBLE } from './mac-metadata/format.ts'
import { PARTITIONS } from './partitions/partitions.ts'
import { PYINSTALLER } from './pyinstaller/pyinstaller.ts'
import { PYZ } from './pyinstaller/pyz.ts'
import type { ByteSource } from './source.ts'
import { STREAMS } from './stream.ts'
import { TAR } from './tar/tar.ts'
import { UDIF } from './udif/udif.ts'
import { XAR } from './xar/xar.ts'
import { ZIP } from './zip/zip.ts'

/** All kinds, in the order in which they are tried. */
const FORMATS: readonly ContainerFormat[] = [
  UDIF,
  ZIP,
  XAR,
  CPIO,
  ASAR,
  PYZ,
  APPLE_DOUBLE,
  ...STREAMS,
  HFS_PLUS,
  APFS,
  // A hybrid image has a partition map as well, a FAT volume the mark of one.
  ISO9660,
  FAT,
  PARTITIONS,
  TAR,
  PYINSTALLER,
]

/** The kind of container that begins here. @param name Of the file, without folders. */
export function recogniseContainer(source: ByteSource, name: string): ContainerFormat | undefined {
  return FORMATS.find((format) => format.recognise(source, name))
}
