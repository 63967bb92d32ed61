import { type FilePart } from '../document.ts'
import { fileAt, fileWithStat, octalMode, pathOf, setMode } from '../file.ts'
import { joinPath, nameExtension, pathName } from '../path.ts'
import { type Body, bodyOf, flagOf, idOf, integerOf, valueAt } from '../reader.ts'
import {
  classification,
  type Classification,
  type Draft,
  entries,
  entry,
  type EventEntry,
  instigator,
  macosFileOf,
  setFile,
} from './entry.ts'

const ACCESS = classification({ category: ['file'], type: ['access'] })
const CHANGE = classification({ category: ['file'], type: ['change'] })
const CREATION = classification({ category: ['file'], type: ['creation'] })
const DELETION = classification({ category: ['file'], type: ['deletion'] })

/** An Endpoint Security file object as ECS `file`, with what its `stat` says. */
export function fileOf(draft: Draft, value: unknown): FilePart | undefined {
  const raw = bodyOf(value)
  const path = draft.reader.text(valueAt(raw, 'path'))
  return raw === undefined || path === undefined ? undefined : fileMoved(draft, { raw, path })
}

/** A file object that is at another path by now. */
function fileMoved(
  draft: Draft,
  { raw, path }: { readonly raw: Body; readonly path: string },
): FilePart {
  if (valueAt(raw, 'path_truncated') === true) macosFileOf(draft).path_truncated = true
  const stat = bodyOf(valueAt(raw, 'stat'))
  if (stat === undefined) return fileAt(path)
  const flags = integerOf(valueAt(stat, 'st_flags'))
  if (flags !== undefined) macosFileOf(draft).flags = flags
  return fileWithStat(path, stat, draft.users)
}

/** A directory object and a name in it, joined to one path. */
export function entryPath(
  draft: Draft,
  { directory, name }: { readonly directory: unknown; readonly name: unknown },
): string | undefined {
  const parent = pathOf(directory, draft.reader)
  const last = draft.reader.text(name)
  if (parent === undefined || last === undefined) return undefined
  return joinPath({ directory: parent, name: last })
}

function target(draft: Draft): void {
  setFile(draft, fileOf(draft, valueAt(draft.body, 'target')))
}

function source(draft: Draft): void {
  setFile(draft, fileOf(draft, valueAt(draft.body, 'source')))
}

function attribute(draft: Draft): void {
  target(draft)
  const name = draft.reader.text(valueAt(draft.body, 'extattr'))
  if (name === undefined) return
  draft.macos.xattr = { name }
  if (draft.document.file !== undefined) {
    draft.document.file = { ...draft.document.file, attributes: [name] }
  }
}

// create and rename say where in the same way: a file that is there, or a directory and a name.
function destinationPath(draft: Draft): string | undefined {
  const destination = bodyOf(valueAt(draft.body, 'destination'))
  const existing = pathOf(valueAt(destination, 'existing_file'), draft.reader)
  if (existing !== undefined) return existing
  const added = bodyOf(valueAt(destination, 'new_path'))
  return entryPath(draft, { directory: valueAt(added, 'dir'), name: valueAt(added, 'filename') })
}

function create(draft: Draft): void {
  const destination = bodyOf(valueAt(draft.body, 'destination'))
  const existing = fileOf(draft, valueAt(destination, 'existing_file'))
  if (existing !== undefined) {
    draft.document.file = existing
    return
  }
  const path = destinationPath(draft)
  if (path === undefined) return
  const file = fileAt(path)
  setMode(file, integerOf(valueAt(bodyOf(valueAt(destination, 'new_path')), 'mode')))
  draft.document.file = file
}

// The file is where it went; its stat is that of the source, which is the same file.
function rename(draft: Draft): void {
  const raw = bodyOf(valueAt(draft.body, 'source'))
  const from = draft.reader.text(valueAt(raw, 'path'))
  const path = destinationPath(draft) ?? from
  if (path === undefined) return
  draft.document.file = raw === undefined ? fileAt(path) : fileMoved(draft, { raw, path })
  if (from === undefined) return
  const before = macosFileOf(draft)
  before.original_path = from
  const name = pathName(from)
  const extension = name === undefined ? undefined : nameExtension(name)
  if (name !== undefined) before.original_name = name
  if (extension !== undefined) before.original_extension = extension
}

function setOriginal(file: FilePart, path: string | undefined): void {
  if (path !== undefined) file.target_path = path
}

// link and clone name the new entry by directory and name; the fields differ in spelling only.
function copyTo(nameKey: string): (draft: Draft) => void {
  return (draft) => {
    const { body } = draft
    const path = entryPath(draft, {
      directory: valueAt(body, 'target_dir'),
      name: valueAt(body, nameKey),
    })
    if (path === undefined) {
      setFile(draft, fileOf(draft, valueAt(body, 'source')))
      return
    }
    const file = fileAt(path)
    setOriginal(file, pathOf(valueAt(body, 'source'), draft.reader))
    draft.document.file = file
  }
}

const copyToName = copyTo('target_name')

function copyfile(draft: Draft): void {
  const existing = fileOf(draft, valueAt(draft.body, 'target_file'))
  if (existing === undefined) {
    copyToName(draft)
    return
  }
  setOriginal(existing, pathOf(valueAt(draft.body, 'source'), draft.reader))
  draft.document.file = existing
}

function copyfileClass(body: Draft['body']): Classification {
  return bodyOf(valueAt(body, 'target_file')) === undefined ? CREATION : CHANGE
}

function exchange(draft: Draft): void {
  const file = fileOf(draft, valueAt(draft.body, 'file1'))
  if (file === undefined) return
  setOriginal(file, pathOf(valueAt(draft.body, 'file2'), draft.reader))
  draft.document.file = file
}

function open(draft: Draft): void {
  setFile(draft, fileOf(draft, valueAt(draft.body, 'file')))
  const flags = integerOf(valueAt(draft.body, 'fflag'))
  if (flags !== undefined) macosFileOf(draft).open_flags = flags
}

function close(draft: Draft): void {
  target(draft)
  const modified = flagOf(valueAt(draft.body, 'modified'))
  if (modified !== undefined) macosFileOf(draft).modified = modified
}

function closeClass(body: Draft['body']): Classification {
  return valueAt(body, 'modified') === true || valueAt(body, 'was_mapped_writable') === true
    ? CHANGE
    : ACCESS
}

function requestedMode(draft: Draft): void {
  target(draft)
  const mode = integerOf(valueAt(draft.body, 'mode'))
  const octal = mode === undefined ? undefined : octalMode(mode)
  if (octal !== undefined) macosFileOf(draft).requested_mode = octal
}

function requestedFlags(draft: Draft): void {
  target(draft)
  const flags = integerOf(valueAt(draft.body, 'flags'))
  if (flags !== undefined) macosFileOf(draft).requested_flags = flags
}

function requestedOwner(draft: Draft): void {
  target(draft)
  const uid = idOf(valueAt(draft.body, 'uid'))
  const gid = idOf(valueAt(draft.body, 'gid'))
  if (uid !== undefined) macosFileOf(draft).requested_user_id = uid
  if (gid !== undefined) macosFileOf(draft).requested_group_id = gid
}

function lookup(draft: Draft): void {
  const { body } = draft
  const path = entryPath(draft, {
    directory: valueAt(body, 'source_dir'),
    name: valueAt(body, 'relative_target'),
  })
  if (path === undefined) setFile(draft, fileOf(draft, valueAt(body, 'source_dir')))
  else draft.document.file = fileAt(path)
}

function materialize(draft: Draft): void {
  const file = fileOf(draft, valueAt(draft.body, 'target'))
  if (file === undefined) return
  setOriginal(file, pathOf(valueAt(draft.body, 'source'), draft.reader))
  draft.document.file = file
}

function update(draft: Draft): void {
  const path = draft.reader.text(valueAt(draft.body, 'target_path'))
  const from = pathOf(valueAt(draft.body, 'source'), draft.reader)
  if (path === undefined) {
    source(draft)
    return
  }
  const file = fileAt(path)
  setOriginal(file, from)
  draft.document.file = file
}

/** Files: what was made, changed, read, moved, copied and removed. */
export const FILE_EVENTS: readonly EventEntry[] = [
  entry('create', CREATION, { map: create }),
  entry('unlink', DELETION, { map: target }),
  entry('rename', CHANGE, { map: rename }),
  entry('link', CREATION, { map: copyTo('target_filename') }),
  entry('clone', CREATION, { map: copyToName }),
  entry('copyfile', CREATION, { map: copyfile, classify: copyfileClass }),
  entry('exchangedata', CHANGE, { map: exchange }),
  entry('open', ACCESS, { map: open }),
  entry('close', ACCESS, { map: close, classify: closeClass }),
  entry('setmode', CHANGE, { map: requestedMode }),
  entry('setflags', CHANGE, { map: requestedFlags }),
  entry('setowner', CHANGE, { map: requestedOwner }),
  entry('lookup', ACCESS, { map: lookup }),
  entry('readlink', ACCESS, { map: source }),
  entry('file_provider_materialize', CREATION, {
    subject: instigator,
    mediated: true,
    map: materialize,
  }),
  entry('file_provider_update', CHANGE, { map: update }),
  ...entries(['write', 'truncate', 'utimes', 'setattrlist', 'setacl'], CHANGE, { map: target }),
  ...entries(['setextattr', 'deleteextattr'], CHANGE, { map: attribute }),
  entry('getextattr', ACCESS, { map: attribute }),
  ...entries(
    [
      'access',
      'dup',
      'fcntl',
      'fsgetpath',
      'getattrlist',
      'listextattr',
      'readdir',
      'searchfs',
      'stat',
    ],
    ACCESS,
    { map: target },
  ),
]
