import { type Field, FIELD_BY_NAME } from '@pomona/schema'

// The sources of the field table that no part of this version reads. When a sensor comes, its entry
// goes, and the rules that waited for it come alive without a change.
const SOURCES_MISSING: ReadonlyMap<string, string> = new Map([
  ['file analysis', 'file analysis does not feed events yet'],
])

// What nobody reads off the disk when an event names it; eslogger does not carry it.
const NAMES_MISSING: ReadonlySet<string> = new Set([
  'macos.persistence.args',
  'macos.persistence.run_at_load',
  'macos.persistence.keep_alive',
  'event.ingested',
  'event.original',
])

/** Read by the agent of files that are written and may run, or bring what may. */
const NAMES_READ: ReadonlySet<string> = new Set(['file.hash.sha256'])

// Endpoint Security names signature and code hash of processes, never of plain files or libraries.
const PREFIXES_MISSING = [
  'file.code_signature.',
  'file.hash.',
  'dll.code_signature.',
  'dll.hash.',
] as const

function reasonOf(field: Field): string | undefined {
  const source = SOURCES_MISSING.get(field.source)
  if (source !== undefined) return source
  if (NAMES_MISSING.has(field.name)) return 'it is not searched, or not read in this version'
  if (NAMES_READ.has(field.name)) return undefined
  const isUnsigned = PREFIXES_MISSING.some((prefix) => field.name.startsWith(prefix))
  return isUnsigned ? 'Endpoint Security describes processes, not plain files' : undefined
}

/** Fields of the table that today's sensors never fill, each with the reason. */
export const FIELDS_MISSING: ReadonlyMap<string, string> = new Map(
  [...FIELD_BY_NAME.values()].flatMap((field) => {
    const reason = reasonOf(field)
    return reason === undefined ? [] : [[field.name, reason] as const]
  }),
)
