import { integerOf, numeralOf, valueAt } from '../reader.ts'
import {
  classification,
  type Classification,
  type Draft,
  entry,
  type EventEntry,
  setFile,
} from './entry.ts'
import { fileOf } from './files.ts'

const MAPPED = classification({ category: ['file'], type: ['access'] })
const LOADED = classification({ category: ['library'], type: ['start'] })
const CHANGED = classification({ category: ['process'], type: ['change'] })

const PROT_EXEC = 4

function isExecutable(body: Draft['body']): boolean {
  return ((integerOf(valueAt(body, 'protection')) ?? 0) & PROT_EXEC) !== 0
}

function mmapClass(body: Draft['body']): Classification {
  return isExecutable(body) ? LOADED : MAPPED
}

function setProtection(draft: Draft): void {
  const { body } = draft
  const protection = integerOf(valueAt(body, 'protection'))
  const protectionMax = integerOf(valueAt(body, 'max_protection'))
  const address = numeralOf(valueAt(body, 'address'))
  const size = numeralOf(valueAt(body, 'size'))
  const memory = {
    ...(protection !== undefined && { protection }),
    ...(protectionMax !== undefined && { max_protection: protectionMax }),
    ...(address !== undefined && { address }),
    ...(size !== undefined && { size }),
  }
  if (Object.keys(memory).length > 0) draft.macos.memory = memory
}

// A mapping that may be executed is how a library is loaded; there is no other record of it.
function mmap(draft: Draft): void {
  const file = fileOf(draft, valueAt(draft.body, 'source'))
  setFile(draft, file)
  setProtection(draft)
  if (file?.path === undefined || !isExecutable(draft.body)) return
  draft.document.dll = {
    path: file.path,
    ...(file.name !== undefined && { name: file.name }),
  }
}

/** Memory: files mapped into it, and what it may be used for. */
export const MEMORY_EVENTS: readonly EventEntry[] = [
  entry('mmap', MAPPED, { classify: mmapClass, map: mmap }),
  entry('mprotect', CHANGED, { map: setProtection }),
]
