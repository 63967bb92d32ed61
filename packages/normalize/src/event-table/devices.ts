import { fileAt } from '../file.ts'
import { bodyOf, integerOf, nameOf, valueAt } from '../reader.ts'
import { classification, type Draft, entries, entry, type EventEntry } from './entry.ts'

// ECS has no category for volumes: host covers their coming and going, file what rules look for.
const MOUNT = classification({ category: ['host', 'file'], type: ['change'] })
const DRIVER_START = classification({ category: ['driver'], type: ['start'] })
const DRIVER_END = classification({ category: ['driver'], type: ['end'] })
const DRIVER_INFO = classification({ category: ['driver'], type: ['info'] })

const DISPOSITIONS: readonly string[] = ['external', 'internal', 'network', 'virtual', 'nullfs', '']

function mount(draft: Draft): void {
  const { body, reader } = draft
  const volume = bodyOf(valueAt(body, 'statfs'))
  const path = reader.text(valueAt(volume, 'f_mntonname'))
  const source = reader.text(valueAt(volume, 'f_mntfromname'))
  const fileSystem = reader.text(valueAt(volume, 'f_fstypename'))
  const flags = integerOf(valueAt(volume, 'f_flags'))
  const disposition = nameOf(DISPOSITIONS, valueAt(body, 'disposition'))
  const part = {
    ...(path !== undefined && { path }),
    ...(source !== undefined && { source }),
    ...(fileSystem !== undefined && { file_system: fileSystem }),
    ...(flags !== undefined && { flags }),
    ...(disposition !== undefined && { disposition }),
  }
  if (Object.keys(part).length > 0) draft.macos.mount = part
  if (path !== undefined) draft.document.file = fileAt(path)
}

function extension(draft: Draft): void {
  const identifier = draft.reader.text(valueAt(draft.body, 'identifier'))
  if (identifier !== undefined) draft.macos.kext = { identifier }
}

function userClient(draft: Draft): void {
  const name = draft.reader.text(valueAt(draft.body, 'user_client_class'))
  const type = integerOf(valueAt(draft.body, 'user_client_type'))
  if (name === undefined && type === undefined) return
  draft.macos.iokit = {
    ...(name !== undefined && { user_client_class: name }),
    ...(type !== undefined && { user_client_type: type }),
  }
}

/** Volumes, kernel extensions and drivers. */
export const DEVICE_EVENTS: readonly EventEntry[] = [
  ...entries(['mount', 'unmount', 'remount'], MOUNT, { map: mount }),
  entry('kextload', DRIVER_START, { map: extension }),
  entry('kextunload', DRIVER_END, { map: extension }),
  entry('iokit_open', DRIVER_INFO, { map: userClient }),
]
