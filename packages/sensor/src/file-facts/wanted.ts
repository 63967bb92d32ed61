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

/** Path of the file that facts of a record are wanted of; undefined of most records. */
export function factsPath({ value }: RawRecord): string | undefined {
  const type = eventName(value)
  const body = at(at(value, 'event'), type)
  if (type === 'exec') return textAt(at(at(body, 'target'), 'executable'))
  // Of a file being created nothing is written yet: its close tells more.
  if (type === 'close')
    return at(body, 'modified') === true ? written(at(body, 'target')) : undefined
  if (type === 'rename') return renamed(body)
  return undefined
}

function written(file: unknown): string | undefined {
  const path = textAt(file)
  const mode = at(at(file, 'stat'), 'st_mode')
  if (path === undefined || typeof mode !== 'number') return undefined
  return isWanted(path, mode) ? path : undefined
}

// Downloads are written under another name and then renamed; the mode is that of the source.
function renamed(body: unknown): string | undefined {
  const destination = at(body, 'destination')
  const folder = textAt(at(at(destination, 'new_path'), 'dir'))
  const name = at(at(destination, 'new_path'), 'filename')
  const isNew = folder !== undefined && typeof name === 'string'
  const path = isNew ? `${folder}/${name}` : textAt(at(destination, 'existing_file'))
  const mode = at(at(at(body, 'source'), 'stat'), 'st_mode')
  if (path === undefined || typeof mode !== 'number') return undefined
  return isWanted(path, mode) ? path : undefined
}

function isWanted(path: string, mode: number): boolean {
  if ((mode & KIND_BITS) !== REGULAR) return false
  if ((mode & EXECUTABLE_BITS) !== 0) return true
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') && EXTENSIONS.has(path.slice(dot + 1).toLowerCase())
}

function at(holder: unknown, key: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
  return Reflect.get(holder, key)
}

function textAt(file: unknown): string | undefined {
  const path = at(file, 'path')
  return typeof path === 'string' && path.startsWith('/') ? path : undefined
}
