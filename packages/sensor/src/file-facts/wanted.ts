import { padTime } from '@pomona/schema'
import type { RawRecord } from '../eslogger/line.ts'
import { eventName } from '../eslogger/loss.ts'

/*
 * Facts are read of what is started, and of what is written and can be: files with a permission to
 * run, and those that installers, archives and scripts come in.
 */
const EXTENSIONS: ReadonlySet<string> = new Set([
  ...['app', 'command', 'dmg', 'dylib', 'jar', 'js', 'mpkg', 'pkg', 'pl', 'plist', 'py', 'rb'],
  ...['scpt', 'scptd', 'sh', 'so', 'tar', 'gz', 'tgz', 'tool', 'workflow', 'xip', 'zip', 'zsh'],
])
const EXECUTABLE_BITS = 0o111
const REGULAR = 0o100_000
const KIND_BITS = 0o170_000
/** `SF_DATALESS` of macOS: the content is in a cloud, and whoever reads it has it fetched. */
const DATALESS = 0x4000_0000

/** A file that facts are wanted of, and what the record says it was. */
export interface WantedFile {
  readonly path: string
  /** It is started, rather than was written. */
  readonly isProgram: boolean
  /** Where reading it would fetch it from somewhere else. */
  readonly isDataless: boolean
  /** Volume and inode, where the record says them. */
  readonly device?: bigint
  readonly inode?: bigint
  readonly size?: bigint
  /** RFC 3339 with nine digits. */
  readonly mtime?: string
}

/** The file that facts of a record are wanted of; undefined of most records. */
export function wantedFile({ value }: RawRecord): WantedFile | undefined {
  const type = eventName(value)
  const body = at(at(value, 'event'), type)
  switch (type) {
    case 'exec':
      return started(at(at(body, 'target'), 'executable'))
    case 'close':
      // Of a file being created nothing is written yet: its close tells more.
      return at(body, 'modified') === true ? written(at(body, 'target')) : undefined
    case 'rename':
      return renamed(body)
    default:
      return undefined
  }
}

function started(file: unknown): WantedFile | undefined {
  const path = textAt(file)
  return path === undefined ? undefined : { path, isProgram: true, ...statOf(file) }
}

function written(file: unknown): WantedFile | undefined {
  const path = textAt(file)
  return path !== undefined && isWanted(path, file)
    ? { path, isProgram: false, ...statOf(file) }
    : undefined
}

// Downloads are written under another name and then renamed; what the record says of the source is
// true of the file that has the new name.
function renamed(body: unknown): WantedFile | undefined {
  const destination = at(body, 'destination')
  const folder = textAt(at(at(destination, 'new_path'), 'dir'))
  const name = at(at(destination, 'new_path'), 'filename')
  const isNew = folder !== undefined && typeof name === 'string'
  const path = isNew ? `${folder}/${name}` : textAt(at(destination, 'existing_file'))
  const source = at(body, 'source')
  return path !== undefined && isWanted(path, source)
    ? { path, isProgram: false, ...statOf(source) }
    : undefined
}

function isWanted(path: string, file: unknown): boolean {
  const mode = at(at(file, 'stat'), 'st_mode')
  if (typeof mode !== 'number' || (mode & KIND_BITS) !== REGULAR) return false
  if ((mode & EXECUTABLE_BITS) !== 0) return true
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') && EXTENSIONS.has(path.slice(dot + 1).toLowerCase())
}

function statOf(file: unknown): Omit<WantedFile, 'path' | 'isProgram'> {
  const stat = at(file, 'stat')
  const flags = at(stat, 'st_flags')
  const device = wholeAt(stat, 'st_dev')
  const inode = wholeAt(stat, 'st_ino')
  const size = wholeAt(stat, 'st_size')
  const modified = at(stat, 'st_mtimespec')
  const mtime = typeof modified === 'string' ? padTime(modified) : undefined
  return {
    isDataless: typeof flags === 'number' && (flags & DATALESS) !== 0,
    ...(device !== undefined && { device }),
    ...(inode !== undefined && { inode }),
    ...(size !== undefined && { size }),
    ...(mtime !== undefined && { mtime }),
  }
}

const DIGITS = /^-?\d{1,20}$/

// Whole numbers beyond 2^53 come as text.
function wholeAt(holder: unknown, key: string): bigint | undefined {
  const value = at(holder, key)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && DIGITS.test(value) ? BigInt(value) : undefined
}

function at(holder: unknown, key: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
  return Reflect.get(holder, key)
}

function textAt(file: unknown): string | undefined {
  const path = at(file, 'path')
  return typeof path === 'string' && path.startsWith('/') ? path : undefined
}
