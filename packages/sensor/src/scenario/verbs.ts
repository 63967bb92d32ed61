import { EVENT_TYPES_BY_NAME } from '../eslogger/event-types.ts'
import { BODIES } from '../simulator/bodies.ts'
import { fieldNames, type BodyField } from '../simulator/body-fields.ts'

/** What a step of one kind may say. */
export interface Verb {
  readonly allowed: readonly string[]
  readonly required: readonly string[]
  /** Parameters that name a process. */
  readonly processes: readonly string[]
}

const EXEC = [
  'as',
  'parent',
  'in',
  'path',
  'args',
  'cwd',
  'env',
  'script',
  'user',
  'tty',
  'responsible',
]

/** Steps that are more than one event. */
export const VERBS: Readonly<Record<string, Verb>> = {
  exec: { allowed: EXEC, required: ['args'], processes: ['parent', 'in', 'responsible'] },
  run: {
    allowed: [...EXEC, 'for', 'status', 'signal'],
    required: ['args'],
    processes: ['parent', 'responsible'],
  },
  launch: {
    allowed: ['as', 'path', 'args', 'cwd', 'env', 'user', 'kind', 'service'],
    required: ['path'],
    processes: [],
  },
  fork: { allowed: ['as', 'parent'], required: ['parent'], processes: ['parent'] },
  exit: { allowed: ['process', 'status', 'signal'], required: ['process'], processes: ['process'] },
  save: {
    allowed: ['by', 'path', 'size', 'mode', 'quarantine'],
    required: ['by', 'path'],
    processes: ['by'],
  },
  copy: { allowed: ['by', 'from', 'to'], required: ['by', 'from', 'to'], processes: ['by'] },
}

/** Fields that the simulator fills in from others, by event type: `to` becomes folder and name. */
export const DERIVED: Readonly<Record<string, readonly string[]>> = {
  rename: ['dir', 'filename', 'to', 'destination_type'],
  unlink: ['parent_dir'],
  clone: ['target_dir', 'target_name', 'to'],
  copyfile: ['target_dir', 'target_name', 'to'],
  link: ['target_dir', 'target_filename', 'to'],
}

/** The verb of one event type, read off its body's table. */
export function eventVerb(type: string): Verb | undefined {
  const body = EVENT_TYPES_BY_NAME.has(type) ? BODIES[type] : undefined
  if (body === undefined) return undefined
  const derived = DERIVED[type] ?? []
  const required = body.fields.flatMap(requiredNames).filter((name) => !derived.includes(name))
  const needsActor = body.reporter === undefined || body.fields.some(isActor)
  return {
    allowed: [
      'by',
      'reporter',
      ...fieldNames(body.fields),
      ...derived,
      ...tokenOwners(body.fields),
    ],
    required: needsActor ? ['by', ...required] : required,
    processes: [
      'by',
      'reporter',
      ...body.fields.flatMap(processNames),
      ...tokenOwners(body.fields),
    ],
  }
}

function requiredNames(field: BodyField): readonly string[] {
  if (field.kind === 'group') return field.fields.flatMap(requiredNames)
  return field.required === true ? [field.name] : []
}

function processNames(field: BodyField): readonly string[] {
  return field.kind === 'process' ? [field.name] : []
}

// A token may belong to a process that the body does not carry.
function tokenOwners(fields: readonly BodyField[]): readonly string[] {
  return fields.flatMap((field) => (field.kind === 'token' ? [field.of] : []))
}

function isActor(field: BodyField): boolean {
  return field.kind === 'process' && field.actor === true && field.nullable !== true
}
