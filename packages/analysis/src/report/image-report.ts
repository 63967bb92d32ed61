import type { MachOImage } from '../mach-o/image.ts'
import type { Segment } from '../mach-o/model.ts'
import type { Slice } from '../mach-o/universal.ts'

/** Names that a report lists; the counts beside them are complete. */
const NAMES_MAX = 20_000

const hex = (value: bigint): string => `0x${value.toString(16)}`

function named<Item>(items: readonly Item[], nameOf: (item: Item) => string) {
  return { count: items.length, names: items.slice(0, NAMES_MAX).map(nameOf) }
}

function segmentReport({ address, memorySize, protectionMax, sections, ...rest }: Segment) {
  return {
    name: rest.name,
    address: hex(address),
    memory_size: hex(memorySize),
    offset: rest.offset,
    size: rest.size,
    protection: rest.protection,
    protection_max: protectionMax,
    ...(rest.entropy !== undefined && { entropy: rest.entropy }),
    sections: sections.map((section) => ({
      name: section.name,
      address: hex(section.address),
      offset: section.offset,
      size: section.size,
      ...(section.entropy !== undefined && { entropy: section.entropy }),
    })),
  }
}

/** What of the load commands is there at all. */
function optional(image: MachOImage) {
  const { entry, uuid, sourceVersion, dylinker, encryption, functionCount, symbols } = image
  return {
    ...(uuid !== undefined && { uuid }),
    ...(sourceVersion !== undefined && { source_version: sourceVersion }),
    ...(dylinker !== undefined && { dylinker }),
    ...(entry !== undefined && {
      entry: {
        from: entry.from,
        ...(entry.offset !== undefined && { offset: entry.offset }),
        ...(entry.address !== undefined && { address: hex(entry.address) }),
      },
    }),
    ...(encryption !== undefined && { encryption }),
    ...(functionCount !== undefined && { function_count: functionCount }),
    ...(symbols !== undefined && {
      symbols: {
        undefined: symbols.undefinedNames.length,
        external: symbols.externalNames.length,
        local: symbols.localCount,
        debug: symbols.debugCount,
      },
    }),
  }
}

/** An image as the JSON of a report has it. */
export function imageReport(image: MachOImage, slice: Slice | undefined) {
  const { header, imports, exports } = image
  return {
    architecture: header.architecture,
    file_type: header.fileType,
    bits: header.bits,
    flags: header.flagNames,
    ...(slice !== undefined && { offset: slice.offset }),
    size: image.size,
    ...optional(image),
    builds: image.builds,
    libraries: image.dylibs.map(({ kind, path, version }) => ({ kind, path, version })),
    rpaths: image.rpaths,
    environment: image.environment,
    linker_options: image.linkerOptions,
    commands: image.commands.map(({ name, size }) => ({ name, size })),
    segments: image.segments.map(segmentReport),
    imports: named(imports, ({ name }) => name),
    exports: named(exports, ({ name }) => name),
    hashes: image.hashes,
    payloads: image.payloads,
    builders: image.builders,
    signals: image.signals,
    problems: image.problems,
  }
}

/** The JSON of an image. */
export type ImageReport = ReturnType<typeof imageReport>
