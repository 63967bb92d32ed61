import { formatTime, type TimeNs } from '@pomona/schema'
import { jsonText } from './json.ts'
import { hash32, type Prng } from './prng.ts'

interface FileNode {
  readonly inode: string
  readonly birthNs: TimeNs
  modifiedNs: TimeNs
  changedNs: TimeNs
  accessedNs: TimeNs
  sizeBytes: number
  mode: number
  uid: number
  gid: number
  readonly flags: number
  readonly device: number
  readonly rdevice: number
  text: string | undefined
}

/** What a new or changed file gets. */
export interface FileChange {
  readonly sizeBytes?: number
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
}

const DEVICE_DATA = 16_777_234
const DEVICE_DEV = 1_333_267_060
const MODE_FILE = 0o100644
const MODE_EXECUTABLE = 0o100755
const MODE_FOLDER = 0o040755
const MODE_TERMINAL = 0o020620
// SF_RESTRICTED | UF_COMPRESSED, as real records show on the sealed system volume.
const FLAGS_SYSTEM = 524_320
const FLAGS_FIRMLINK = 1_048_576
// Inodes of the sealed volume start at 2^60, beyond what JSON.parse keeps exactly.
const INODE_SYSTEM = 1_152_921_500_312_000_000n
const BLOCK_BYTES = 4096
const FILES_MAX = 20_000

const SYSTEM_PREFIXES = [
  '/bin/',
  '/sbin/',
  '/usr/bin/',
  '/usr/sbin/',
  '/usr/libexec/',
  '/usr/lib/',
  '/System/',
]
const FIRMLINKED = ['/tmp', '/var', '/etc']

/** Resolves the links at the root of every Mac: events carry `/private/tmp`, never `/tmp`. */
export function realPath(path: string): string {
  for (const link of FIRMLINKED) {
    if (path === link || path.startsWith(`${link}/`)) return `/private${path}`
  }
  return path
}

/** The folder a path lies in. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** Who is who, for the owner of a home folder. */
export interface Accounts {
  uidOf(name: string): number | undefined
}

/**
 * The files of one simulated Mac, as far as events have named them. Bounded: the oldest are
 * forgotten (they would be described anew, as another file of the same name).
 */
export class FileTree {
  readonly #files = new Map<string, FileNode>()
  readonly #prng: Prng
  readonly #accounts: Accounts
  readonly #builtNs: TimeNs
  readonly #installedNs: TimeNs
  #inode = 93_210

  constructor(options: { prng: Prng; accounts: Accounts; builtNs: TimeNs; installedNs: TimeNs }) {
    this.#prng = options.prng
    this.#accounts = options.accounts
    this.#builtNs = options.builtNs
    this.#installedNs = options.installedNs
  }

  /** A file as events carry it, `{path, path_truncated, stat}`. Described on first use. */
  file(path: string, change: FileChange = {}): string {
    return this.#text(realPath(path), change, false)
  }

  /** The same for a folder. */
  folder(path: string): string {
    return this.#text(realPath(path), {}, true)
  }

  /** A terminal device. */
  terminal(path: string, user: { readonly uid: number; readonly atNs: TimeNs }): string {
    if (!this.#files.has(path)) {
      const node = this.#node({ uid: user.uid, atNs: user.atNs, mode: MODE_TERMINAL, sizeBytes: 0 })
      this.#remember(path, {
        ...node,
        gid: 4,
        device: DEVICE_DEV,
        rdevice: 268_435_456 + (node.mode % 16),
        birthNs: 0n,
      })
    }
    return this.#text(path, {}, false)
  }

  /** Makes a file new at a time, whatever was there before. */
  create(path: string, change: FileChange & { readonly atNs: TimeNs }): void {
    const real = realPath(path)
    this.#remember(real, this.#node({ ...change, mode: change.mode ?? MODE_FILE }))
  }

  /** Changes size, mode or owner of a file. */
  change(path: string, change: FileChange & { readonly atNs: TimeNs }): void {
    const node = this.#find(realPath(path), false)
    node.sizeBytes = change.sizeBytes ?? node.sizeBytes
    node.mode =
      change.mode === undefined ? node.mode : (node.mode & 0o170000) | (change.mode & 0o7777)
    node.uid = change.uid ?? node.uid
    node.gid = change.gid ?? node.gid
    if (change.sizeBytes !== undefined) node.modifiedNs = change.atNs
    node.changedNs = change.atNs
    node.text = undefined
  }

  /** Moves a file, replacing what was at the new path. */
  rename({ source, to }: { readonly source: string; readonly to: string }): void {
    const node = this.#find(realPath(source), false)
    this.#files.delete(realPath(source))
    node.text = undefined
    this.#remember(realPath(to), node)
  }

  remove(path: string): void {
    this.#files.delete(realPath(path))
  }

  /** The file's size in bytes, of a copy for one. */
  sizeBytes(path: string): number {
    return this.#find(realPath(path), false).sizeBytes
  }

  #text(path: string, change: FileChange, folder: boolean): string {
    const node = this.#find(path, folder, change)
    node.text ??= describe(path, node)
    return node.text
  }

  #find(path: string, folder: boolean, change: FileChange = {}): FileNode {
    const found = this.#files.get(path)
    if (found !== undefined) return found
    const node = isSystem(path)
      ? this.#systemNode(path, folder, change)
      : this.#oldNode(path, folder, change)
    this.#remember(path, node)
    return node
  }

  #remember(path: string, node: FileNode): void {
    if (this.#files.size >= FILES_MAX) {
      const oldest = this.#files.keys().next().value
      if (oldest !== undefined) this.#files.delete(oldest)
    }
    this.#files.set(path, node)
  }

  #systemNode(path: string, folder: boolean, change: FileChange): FileNode {
    const hash = hash32(path)
    return {
      inode: path === '/' ? '2' : String(INODE_SYSTEM + BigInt(hash % 700_000)),
      birthNs: this.#builtNs,
      modifiedNs: this.#builtNs,
      changedNs: this.#builtNs,
      accessedNs: this.#builtNs,
      sizeBytes: folder ? 736 : (change.sizeBytes ?? 33_000 + (hash % 400_000)),
      mode: folder ? MODE_FOLDER : (change.mode ?? MODE_EXECUTABLE),
      uid: 0,
      gid: 0,
      flags: path === '/' ? FLAGS_FIRMLINK : FLAGS_SYSTEM,
      device: DEVICE_DATA,
      rdevice: 0,
      text: undefined,
    }
  }

  // A file that was there before the recording began.
  #oldNode(path: string, folder: boolean, change: FileChange): FileNode {
    const hash = hash32(path)
    const atNs = this.#installedNs + BigInt(hash) * 1_000_000n
    const home = path.startsWith('/Users/') ? (path.split('/')[2] ?? '') : ''
    const uid = this.#accounts.uidOf(home) ?? 0
    const sticky = path === '/private/tmp' || path === '/private/var/tmp'
    const mode = folder ? (sticky ? 0o041777 : MODE_FOLDER) : MODE_FILE
    const node = this.#node({
      atNs,
      uid,
      mode,
      sizeBytes: folder ? 128 + (hash % 90) * 32 : hash % 300_000,
    })
    return {
      ...node,
      ...(change.sizeBytes === undefined ? {} : { sizeBytes: change.sizeBytes }),
      mode: change.mode ?? node.mode,
    }
  }

  #node(change: FileChange & { readonly atNs: TimeNs }): FileNode {
    const { atNs, uid = 0, mode = MODE_FILE, sizeBytes = 0 } = change
    this.#inode += this.#prng.between({ min: 1, max: 5 })
    return {
      inode: String(this.#inode),
      birthNs: atNs,
      modifiedNs: atNs,
      changedNs: atNs,
      accessedNs: atNs,
      sizeBytes,
      mode,
      uid,
      gid: change.gid ?? (uid === 0 ? 0 : 20),
      flags: 0,
      device: DEVICE_DATA,
      rdevice: 0,
      text: undefined,
    }
  }
}

function isSystem(path: string): boolean {
  return path === '/' || SYSTEM_PREFIXES.some((prefix) => path.startsWith(prefix))
}

function describe(path: string, node: FileNode): string {
  const blocks = Math.ceil(node.sizeBytes / BLOCK_BYTES) * (BLOCK_BYTES / 512)
  const links = (node.mode & 0o170000) === 0o040000 ? 3 + (node.sizeBytes % 40) : 1
  return (
    `{"path":${jsonText(path)},"path_truncated":false,"stat":{"st_dev":${node.device},` +
    `"st_ino":${node.inode},"st_mode":${node.mode},"st_nlink":${links},"st_uid":${node.uid},` +
    `"st_gid":${node.gid},"st_rdev":${node.rdevice},` +
    `"st_atimespec":"${formatTime(node.accessedNs)}",` +
    `"st_mtimespec":"${formatTime(node.modifiedNs)}",` +
    `"st_ctimespec":"${formatTime(node.changedNs)}",` +
    `"st_birthtimespec":"${formatTime(node.birthNs)}","st_size":${node.sizeBytes},` +
    `"st_blocks":${node.flags === 0 ? blocks : Math.ceil(blocks / 2)},` +
    `"st_blksize":${BLOCK_BYTES},` +
    `"st_flags":${node.flags},"st_gen":0}}`
  )
}
