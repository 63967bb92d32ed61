import type { FilePart } from './document.ts'
import { nameExtension } from './path.ts'
import {
  type Body,
  bodyOf,
  idOf,
  integerOf,
  numeralOf,
  type Reader,
  timeOf,
  valueAt,
} from './reader.ts'
import type { UserNames } from './users.ts'

// The upper four of sixteen mode bits, as in sys/stat.h.
const TYPES: readonly string[] = Object.freeze([
  '',
  'fifo',
  'char',
  '',
  'dir',
  '',
  'block',
  '',
  'file',
  '',
  'symlink',
  '',
  'socket',
  '',
  '',
  '',
])
const PERMISSION_BITS = 0o7777
const MODES: readonly string[] = Array.from({ length: PERMISSION_BITS + 1 }, (_, mode) =>
  mode.toString(8).padStart(4, '0'),
)

/** Permission bits of a mode as four octal digits. */
export function octalMode(mode: number): string | undefined {
  return MODES[mode & PERMISSION_BITS]
}

/** A file of which only the path is known. */
export function fileAt(path: string): FilePart {
  const slash = path.lastIndexOf('/')
  const isNamed = slash + 1 < path.length
  const file: FilePart = isNamed ? { path, name: path.slice(slash + 1) } : { path }
  if (slash >= 0 && path.length > 1) file.directory = slash === 0 ? '/' : path.slice(0, slash)
  setExtension(file)
  return file
}

function setExtension(file: FilePart): void {
  const extension = file.name === undefined ? undefined : nameExtension(file.name)
  if (extension !== undefined) file.extension = extension
}

/** Sets the file's type and permissions; changes `file`. */
export function setMode(file: FilePart, mode: number | undefined): void {
  if (mode === undefined) return
  const type = TYPES[(mode >> 12) & 0xf]
  const octal = octalMode(mode)
  if (type !== undefined && type !== '') file.type = type
  if (octal !== undefined) file.mode = octal
}

/**
 * A file with what a `stat` block says about it.
 *
 * A complete block, as every real record has it, becomes one object literal: growing an object key
 * by key costs more than all the rest of reading it.
 */
export function fileWithStat(path: string, stat: Body, users: UserNames): FilePart {
  const slash = path.lastIndexOf('/')
  const mode = integerOf(valueAt(stat, 'st_mode'))
  const inode = numeralOf(valueAt(stat, 'st_ino'))
  const device = numeralOf(valueAt(stat, 'st_dev'))
  const size = integerOf(valueAt(stat, 'st_size'))
  const uid = idOf(valueAt(stat, 'st_uid'))
  const gid = idOf(valueAt(stat, 'st_gid'))
  const created = timeOf(valueAt(stat, 'st_birthtimespec'))
  const mtime = timeOf(valueAt(stat, 'st_mtimespec'))
  const ctime = timeOf(valueAt(stat, 'st_ctimespec'))
  const accessed = timeOf(valueAt(stat, 'st_atimespec'))
  const type = mode === undefined ? undefined : TYPES[(mode >> 12) & 0xf]
  const octal = mode === undefined ? undefined : octalMode(mode)
  if (
    slash <= 0 ||
    slash + 1 === path.length ||
    type === undefined ||
    type === '' ||
    octal === undefined ||
    inode === undefined ||
    device === undefined ||
    size === undefined ||
    size < 0 ||
    uid === undefined ||
    gid === undefined ||
    created === undefined ||
    mtime === undefined ||
    ctime === undefined ||
    accessed === undefined
  ) {
    return incomplete(path, {
      mode,
      inode,
      device,
      size,
      uid,
      gid,
      created,
      mtime,
      ctime,
      accessed,
    })
  }
  const file: FilePart = {
    path,
    name: path.slice(slash + 1),
    directory: path.slice(0, slash),
    type,
    mode: octal,
    inode,
    device,
    size,
    uid,
    gid,
    created,
    mtime,
    ctime,
    accessed,
  }
  setExtension(file)
  const owner = users.nameOf(uid)
  if (owner !== undefined) file.owner = owner
  return file
}

interface Stat {
  readonly mode: number | undefined
  readonly inode: string | undefined
  readonly device: string | undefined
  readonly size: number | undefined
  readonly uid: string | undefined
  readonly gid: string | undefined
  readonly created: string | undefined
  readonly mtime: string | undefined
  readonly ctime: string | undefined
  readonly accessed: string | undefined
}

// A block with gaps: what is unknown stays absent.
function incomplete(path: string, stat: Stat): FilePart {
  const { inode, device, size, uid, gid, created, mtime, ctime, accessed } = stat
  const file = fileAt(path)
  setMode(file, stat.mode)
  if (inode !== undefined) file.inode = inode
  if (device !== undefined) file.device = device
  if (size !== undefined && size >= 0) file.size = size
  if (uid !== undefined) file.uid = uid
  if (gid !== undefined) file.gid = gid
  if (created !== undefined) file.created = created
  if (mtime !== undefined) file.mtime = mtime
  if (ctime !== undefined) file.ctime = ctime
  if (accessed !== undefined) file.accessed = accessed
  return file
}

/** Path of an Endpoint Security file object, or `undefined` when the value is none. */
export function pathOf(value: unknown, reader: Reader): string | undefined {
  return reader.text(valueAt(bodyOf(value), 'path'))
}
