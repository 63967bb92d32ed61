import { ByteView } from '../../bytes/view.ts'
import { type Entry, kindAndMode } from '../entry.ts'
import type { ContainerFormat } from '../format.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, headOf } from '../source.ts'
import { damaged, truncated } from '../stop.ts'

const TRAILER = 'TRAILER!!!'
const NAME_BYTES_MAX = 65_536
const LINK_BYTES_MAX = 4_096
const MS_PER_S = 1_000

interface Form {
  readonly magics: readonly string[]
  readonly headerBytes: number
  /** Names and contents begin at multiples of it. */
  readonly align: number
  readonly radix: number
  /** Offset and length of the fields. */
  readonly fields: Readonly<Record<Field, readonly [number, number]>>
}

type Field = 'mode' | 'modified' | 'nameBytes' | 'owner' | 'size'

/**
 * The text forms of cpio.
 *
 * ```
 * odc   070707 dev 6 ino 6 mode 6 uid 6 gid 6 nlink 6 rdev 6 mtime 11 namesize 6 filesize 11, octal
 * newc  070701 or 070702, then 13 × 8 hexadecimal: ino mode uid gid nlink mtime filesize devmajor
 *       devminor rdevmajor rdevminor namesize check; everything padded to 4
 * ```
 */
const FORMS: readonly Form[] = [
  {
    magics: ['070707'],
    headerBytes: 76,
    align: 1,
    radix: 8,
    fields: {
      mode: [18, 6],
      owner: [24, 6],
      modified: [48, 11],
      nameBytes: [59, 6],
      size: [65, 11],
    },
  },
  {
    magics: ['070701', '070702'],
    headerBytes: 110,
    align: 4,
    radix: 16,
    fields: { mode: [14, 8], owner: [22, 8], modified: [46, 8], nameBytes: [94, 8], size: [54, 8] },
  },
]

function formOf(head: Uint8Array): Form | undefined {
  const view = new ByteView(head)
  return FORMS.find(({ magics }) => magics.some((magic) => view.startsWith(magic)))
}

/** cpio, in which packages keep their payload and scripts. */
export const CPIO: ContainerFormat = {
  name: 'cpio',
  recognise: (source) => formOf(headOf(source, 6)) !== undefined,
  *entries(source, context) {
    for (let at = 0; ;) {
      context.budget.spendSteps()
      if (at >= source.length) throw truncated('The archive has no trailer.')
      const { entry, end } = entryAt(source, at)
      if (entry === undefined) {
        const rest = source.length - end
        // Archives are padded to blocks of 512 bytes.
        if (rest > 512) {
          context.note({ code: 'data_after_end', detail: `${rest} bytes follow the trailer.` })
        }
        return
      }
      yield entry
      at = end
    }
  },
}

function entryAt(source: ByteSource, at: number): { entry?: Entry; end: number } {
  const form = formOf(source.read(at, Math.min(6, source.length - at)))
  if (form === undefined) throw damaged(`No header stands at ${at}.`)
  const header = new ByteView(source.read(at, form.headerBytes))
  const field = (name: Field): number => {
    const [offset, length] = form.fields[name]
    const value = Number.parseInt(header.latin1(offset, length), form.radix)
    if (!Number.isSafeInteger(value)) throw damaged(`The header at ${at} has no number.`)
    return value
  }
  const nameBytes = field('nameBytes')
  const size = field('size')
  if (nameBytes > NAME_BYTES_MAX) throw damaged(`The name at ${at} has ${nameBytes} bytes.`)
  const name = new ByteView(source.read(at + form.headerBytes, nameBytes)).cString(0, nameBytes)
  const aligned = (offset: number) => at + Math.ceil((offset - at) / form.align) * form.align
  const contentAt = aligned(at + form.headerBytes + nameBytes)
  const end = aligned(contentAt + size)
  if (name === TRAILER) return { end }
  const { kind, mode } = kindAndMode(field('mode'))
  const range = { offset: contentAt, length: size }
  const facts = {
    path: name,
    kind,
    mode,
    ownerId: field('owner'),
    modifiedMs: field('modified') * MS_PER_S,
  }
  if (kind === 'symlink') {
    const target = Buffer.from(plainContent(source, range, LINK_BYTES_MAX).bytes).toString('utf8')
    return { entry: { ...facts, target }, end }
  }
  if (kind !== 'file') return { entry: facts, end }
  const read = (bytesMax: number) => plainContent(source, range, bytesMax)
  return { entry: { ...facts, size, packedBytes: size, read }, end }
}
