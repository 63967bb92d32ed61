import { fieldPath, fieldValue } from '@pomona/schema'

/** One field of an event, by its ECS name. */
export interface EventField {
  readonly name: string
  readonly values: readonly string[]
}

/** Fields listed at most, and levels followed: the document is the endpoint's, not ours. */
const FIELDS_MAX = 1000
const DEPTH_MAX = 16

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Lists the fields of a nested event by dotted name, sorted. `event.original` is left out: it has
 * its own view.
 */
export function eventFields(document: Readonly<Record<string, unknown>>): readonly EventField[] {
  const fields: EventField[] = []
  const visit = (node: Readonly<Record<string, unknown>>, prefix: string) => {
    for (const [key, value] of Object.entries(node)) {
      const name = prefix === '' ? key : `${prefix}.${key}`
      if (fields.length >= FIELDS_MAX || name === 'event.original') continue
      if (isObject(value) && name.split('.').length < DEPTH_MAX) visit(value, name)
      else fields.push({ name, values: Array.isArray(value) ? value.map(scalar) : [scalar(value)] })
    }
  }
  visit(document, '')
  return fields.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Value of a field as text, lists joined; `undefined` when the event lacks it. */
export function fieldText(document: unknown, name: string): string | undefined {
  const value = fieldValue(document, fieldPath(name))
  if (value === undefined) return undefined
  return Array.isArray(value) ? value.map(scalar).join(' ') : scalar(value)
}

/** The same for fields that hold lists. */
export function fieldList(document: unknown, name: string): readonly string[] {
  const value = fieldValue(document, fieldPath(name))
  if (value === undefined) return []
  return Array.isArray(value) ? value.map(scalar) : [scalar(value)]
}

/**
 * What an event is about in one line: parts from the first row of the table whose first field the
 * event has. Rows go from the particular to the general, so that a new event type needs a row, not
 * a branch.
 */
const SUMMARIES: readonly (readonly string[])[] = [
  ['macos.xprotect.malware', 'file.path', 'macos.xprotect.result'],
  ['macos.persistence.path', 'macos.persistence.executable'],
  ['macos.persistence.executable'],
  ['macos.tcc.service', 'macos.tcc.identity', 'macos.tcc.right'],
  ['macos.profile.name', 'macos.profile.identifier'],
  ['macos.sudo.command'],
  ['macos.authorization.rights', 'macos.authorization.petitioner.executable'],
  ['dns.question.name', 'dns.question.type'],
  ['destination.domain', 'destination.ip', 'destination.port'],
  ['destination.ip', 'destination.port'],
  ['source.ip', 'user.name'],
  ['macos.authentication.method', 'user.target.name', 'user.name'],
  ['macos.directory.record_name', 'macos.directory.attribute', 'macos.directory.values'],
  ['macos.directory.record_name'],
  ['macos.mount.source', 'macos.mount.path'],
  ['macos.kext.identifier'],
  ['macos.xpc.service'],
  ['macos.iokit.user_client_class'],
  ['macos.file.original_path', 'file.path'],
  ['file.target_path', 'file.path'],
  ['macos.xattr.name', 'file.path'],
  ['dll.path'],
  ['file.path'],
  ['macos.target.process.executable', 'macos.target.process.pid'],
  ['macos.socket.path'],
  ['user.target.name'],
]

// The actor's own line says most where the event is about the process itself.
const ABOUT_PROCESS = ['process.command_line', 'process.executable']

/** The parts that tell what an event is about, for one line. */
export function eventSummary(document: unknown): readonly string[] {
  const aboutItself = fieldList(document, 'event.category').includes('process')
  const target = fieldText(document, 'macos.target.process.executable')
  if (!aboutItself || target !== undefined) {
    const row = SUMMARIES.find(([first = '']) => fieldText(document, first) !== undefined)
    if (row !== undefined) {
      return row.map((name) => fieldText(document, name)).filter((part) => part !== undefined)
    }
  }
  const own = ABOUT_PROCESS.map((name) => fieldText(document, name))
  const first = own.find((part) => part !== undefined && part !== '')
  return first === undefined ? [] : [first]
}

/** Fields worth a look before the whole list, in reading order. */
export const KEY_FIELDS: readonly string[] = [
  '@timestamp',
  'event.action',
  'process.executable',
  'process.command_line',
  'process.pid',
  'process.working_directory',
  'process.user.name',
  'user.name',
  'process.code_signature.status',
  'process.code_signature.signing_id',
  'process.code_signature.team_id',
  'process.hash.cdhash',
  'process.hash.sha256',
  'macos.process.origin_url',
  'macos.process.quarantine',
  'macos.process.script',
  'process.parent.executable',
  'process.parent.command_line',
  'macos.responsible.executable',
  'process.exit_code',
  'file.path',
  'macos.file.original_path',
  'file.target_path',
  'file.hash.sha256',
  'file.origin_url',
  'macos.file.quarantine',
  'macos.persistence.type',
  'macos.persistence.path',
  'macos.persistence.executable',
  'macos.tcc.service',
  'macos.tcc.identity',
  'macos.tcc.right',
  'macos.xprotect.malware',
  'macos.target.process.executable',
  'macos.authentication.method',
  'macos.sudo.command',
  'dns.question.name',
  'destination.domain',
  'destination.ip',
  'destination.port',
  'source.ip',
]

/** The key fields that the event has. */
export function keyFields(document: unknown): readonly EventField[] {
  return KEY_FIELDS.flatMap((name) => {
    const values = fieldList(document, name)
    return values.length === 0 ? [] : [{ name, values }]
  })
}
