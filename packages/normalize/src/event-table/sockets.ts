import { fileAt, pathOf, setMode } from '../file.ts'
import { integerOf, valueAt } from '../reader.ts'
import { classification, type Draft, entry, type EventEntry } from './entry.ts'
import { entryPath, fileOf } from './files.ts'

const CREATION = classification({ category: ['file'], type: ['creation'] })
const CONNECTION = classification({ category: ['network'], type: ['connection'] })

// Binding a UNIX socket makes a file.
function bind(draft: Draft): void {
  const { body } = draft
  const path = entryPath(draft, {
    directory: valueAt(body, 'dir'),
    name: valueAt(body, 'filename'),
  })
  if (path === undefined) return
  const file = fileAt(path)
  setMode(file, integerOf(valueAt(body, 'mode')))
  draft.document.file = file
  draft.macos.socket = { path }
}

function connect(draft: Draft): void {
  const file = fileOf(draft, valueAt(draft.body, 'file'))
  const path = pathOf(valueAt(draft.body, 'file'), draft.reader)
  if (file !== undefined) draft.document.file = file
  if (path !== undefined) draft.macos.socket = { path }
}

/** UNIX sockets. Endpoint Security knows no IP traffic and no DNS. */
export const SOCKET_EVENTS: readonly EventEntry[] = [
  entry('uipc_bind', CREATION, { map: bind }),
  entry('uipc_connect', CONNECTION, { map: connect }),
]
