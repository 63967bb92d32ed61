// Writes small Mach-O images that no compiler makes, for tests: little endian, 64 bit.

/** A segment to write. */
export interface SegmentPlan {
  readonly name: string
  readonly protection?: number
  /** Bytes of its one section, named after the segment's purpose. */
  readonly section?: { readonly name: string; readonly bytes: Uint8Array }
}

/** An image to write. */
export interface ImagePlan {
  readonly cpuType?: number
  readonly cpuSubtype?: number
  readonly fileType?: number
  readonly flags?: number
  readonly segments?: readonly SegmentPlan[]
  readonly libraries?: readonly string[]
  readonly rpaths?: readonly string[]
  /** Whole load commands, written as they are. */
  readonly commands?: readonly Uint8Array[]
  /** Bytes of __LINKEDIT, before a signature. */
  readonly linkedit?: Uint8Array
  /** Bytes left free between the load commands and the first section. */
  readonly slack?: number
  /** Bytes behind everything. */
  readonly overlay?: Uint8Array
}

const HEADER_SIZE = 32
const SEGMENT_SIZE = 72
const SECTION_SIZE = 80
const PAGE = 0x1000
const BASE = 0x100000000n
const ARM64 = 0x0100000c

/** Numbers one after another: a pair of value and width in bytes. */
export function packed(...fields: readonly (readonly [value: number | bigint, bytes: number])[]) {
  const bytes = Buffer.alloc(fields.reduce((sum, [, width]) => sum + width, 0))
  let at = 0
  for (const [value, width] of fields) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at)
    else bytes.writeUIntLE(Number(value), at, width)
    at += width
  }
  return bytes
}

function fixedText(text: string): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.write(text)
  return bytes
}

/** A load command that holds a text behind fixed numbers. */
export function textCommand(
  command: number,
  text: string,
  numbers: readonly number[] = [],
): Buffer {
  const start = 12 + numbers.length * 4
  const size = Math.ceil((start + text.length + 1) / 8) * 8
  const rest = numbers.map((value) => [value, 4] as const)
  const fixed = packed([command, 4], [size, 4], [start, 4], ...rest)
  return Buffer.concat([fixed, Buffer.from(text), Buffer.alloc(size - start - text.length)])
}

interface Placed {
  readonly plan: SegmentPlan
  readonly offset: number
  readonly size: number
  readonly address: bigint
}

function segmentCommand({ plan, offset, size, address }: Placed, is__LINKEDIT: boolean): Buffer {
  const { name, section, protection = 1 } = plan
  const count = section === undefined ? 0 : 1
  const memory = is__LINKEDIT ? Math.ceil(size / PAGE) * PAGE : Math.max(PAGE, size)
  const head = Buffer.concat([
    packed([0x19, 4], [SEGMENT_SIZE + count * SECTION_SIZE, 4]),
    fixedText(name),
    packed([address, 8], [memory, 8], [offset, 8], [size, 8]),
    packed([protection, 4], [protection, 4], [count, 4], [0, 4]),
  ])
  if (section === undefined) return head
  const start = offset + size - section.bytes.length
  return Buffer.concat([
    head,
    fixedText(section.name),
    fixedText(name),
    packed([address + BigInt(start - offset), 8], [section.bytes.length, 8], [start, 4]),
    packed([0, 4], [0, 4], [0, 4], [0, 4], [0, 4], [0, 4], [0, 4]),
  ])
}

const pageZero = Buffer.concat([
  packed([0x19, 4], [SEGMENT_SIZE, 4]),
  fixedText('__PAGEZERO'),
  packed([0, 8], [BASE, 8], [0, 8], [0, 8], [0, 4], [0, 4], [0, 4], [0, 4]),
])

/** Lays the segments out one behind the other; the first one holds the header. */
function place(segments: readonly SegmentPlan[], headerEnd: number): Placed[] {
  let end = 0
  return segments.map((plan, index) => {
    const offset = end
    const inside = plan.section?.bytes.length ?? 0
    const size = index === 0 ? headerEnd + inside : inside
    end = Math.ceil((offset + size) / 16) * 16
    return { plan, offset, size, address: BASE + BigInt(offset) }
  })
}

/** Writes the image; `__LINKEDIT` comes last and there is a `__PAGEZERO` in programs. */
export function writeImage(plan: ImagePlan = {}): Buffer {
  const { fileType = 2, linkedit = new Uint8Array(16), slack = 64 } = plan
  const text: SegmentPlan = {
    name: '__TEXT',
    protection: 5,
    section: { name: '__text', bytes: new Uint8Array(64).fill(0x90) },
  }
  const segments = [...(plan.segments ?? [text]), { name: '__LINKEDIT' }]
  const others = [
    ...(plan.libraries ?? ['/usr/lib/libSystem.B.dylib']).map((path) =>
      textCommand(0xc, path, [2, 0x10000, 0x10000]),
    ),
    ...(plan.rpaths ?? []).map((path) => textCommand(0x8000001c, path)),
    ...(plan.commands ?? []),
  ]
  const zero = fileType === 2 ? [pageZero] : []
  const sized = place(segments, 0).map((one) => segmentCommand(one, false))
  const lengthOf = (parts: readonly Uint8Array[]) =>
    parts.reduce((sum, part) => sum + part.length, 0)
  const commandBytes = lengthOf([...zero, ...sized, ...others])
  const placed = place(segments, HEADER_SIZE + commandBytes + slack)
  const last = placed.at(-1)
  const commands = placed.map((one) =>
    one === last
      ? segmentCommand({ ...one, size: linkedit.length }, true)
      : segmentCommand(one, false),
  )
  const all = [...zero, ...commands, ...others]
  const header = packed(
    [0xfeedfacf, 4],
    [plan.cpuType ?? ARM64, 4],
    [plan.cpuSubtype ?? 0, 4],
    [fileType, 4],
    [all.length, 4],
    [commandBytes, 4],
    [plan.flags ?? 0x200085, 4],
    [0, 4],
  )
  const end = last?.offset ?? 0
  const bytes = Buffer.alloc(end + linkedit.length)
  Buffer.concat([header, ...all]).copy(bytes)
  for (const { plan: own, offset, size } of placed) {
    if (own.section === undefined) continue
    bytes.set(own.section.bytes, offset + size - own.section.bytes.length)
  }
  bytes.set(linkedit, end)
  return Buffer.concat([bytes, plan.overlay ?? new Uint8Array()])
}

/** Puts images into a universal file, each on a page of its own. */
export function writeUniversal(images: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(8 + images.length * 20)
  header.writeUInt32BE(0xcafebabe, 0)
  header.writeUInt32BE(images.length, 4)
  const parts: Buffer[] = []
  let offset = PAGE
  for (const [index, image] of images.entries()) {
    const view = Buffer.from(image.buffer, image.byteOffset, image.byteLength)
    const at = 8 + index * 20
    header.writeUInt32BE(view.readUInt32LE(4), at)
    header.writeUInt32BE(view.readUInt32LE(8), at + 4)
    header.writeUInt32BE(offset, at + 8)
    header.writeUInt32BE(image.length, at + 12)
    header.writeUInt32BE(12, at + 16)
    const padded = Buffer.alloc(Math.ceil(image.length / PAGE) * PAGE)
    padded.set(image)
    parts.push(padded)
    offset += padded.length
  }
  return Buffer.concat([header, Buffer.alloc(PAGE - header.length), ...parts])
}
