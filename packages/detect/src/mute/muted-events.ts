import type { Mute } from '@pomona/schema'
import type { KnownValues } from './muted-values.ts'

/** What is known of fields, by their names. */
export type Knowledge = ReadonlyMap<string, KnownValues>

/** Fields with the files that events of a type name, the one that is always there first. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      ...['create', 'open', 'unlink', 'close', 'write', 'truncate', 'setextattr'],
      ...['deleteextattr', 'setmode', 'setflags', 'setowner'],
    ].map((type) => [type, ['file.path']]),
  ),
  rename: ['file.path', 'macos.file.original_path'],
  link: ['file.path', 'file.target_path'],
  clone: ['file.path', 'file.target_path'],
  copyfile: ['file.path', 'file.target_path'],
  exchangedata: ['file.path', 'file.target_path'],
}

// Longer texts are cut by the normaliser, and may then fit or not.
const PATTERN_LENGTH_MAX = 4_096

/** Whether events of a type are about files, and their actor is the process that reports them. */
export function isAboutFiles(type: string): boolean {
  return Object.hasOwn(FILES, type)
}

/** Types that a mute leaves out events of: one with paths only such as name files. */
export function typesOf({ types, paths }: Mute): readonly string[] {
  return paths === undefined ? types : types.filter(isAboutFiles)
}

/** What is known of the events of a type that a mute leaves out. */
export function knowledgeOf(mute: Mute, type: string): Knowledge {
  const known = new Map<string, KnownValues>([['event.action', one(type)]])
  if (!isAboutFiles(type)) return known
  const { programs, paths } = mute
  if (programs !== undefined) addPlace(known, programs, PROGRAM)
  const [file] = filesOf(type)
  if (paths !== undefined && file !== undefined) addPlace(known, paths, FILE)
  return known
}

/**
 * For each way in which an event may escape a mute, what is known then.
 *
 * @param type One that the mute has.
 * @returns `undefined` where that cannot be said.
 */
export function escapesOf(mute: Mute, type: string): readonly Knowledge[] | undefined {
  const { programs, paths } = mute
  if (programs === undefined && paths === undefined) return []
  if (!isAboutFiles(type) || type === 'exchangedata') return undefined
  const escape = (field: string, patterns: readonly string[]): Knowledge =>
    new Map([
      ['event.action', one(type)],
      [field, { patterns, isOneOf: false }],
    ])
  return [
    ...(programs === undefined ? [] : [escape(PROGRAM.path, programs)]),
    ...(paths === undefined ? [] : filesOf(type).map((field) => escape(field, paths))),
  ]
}

/** What is known of events of a type, whatever they are about. */
export function actionKnowledge(type: string): Knowledge {
  return new Map([['event.action', one(type)]])
}

/** What is known of fields that describe another process, if it is one a mute is about. */
export function roleKnowledge(mute: Mute, role: string): Knowledge {
  const known = new Map<string, KnownValues>()
  if (mute.programs === undefined) return known
  addPlace(known, mute.programs, { path: `${role}.executable`, name: `${role}.name` })
  return known
}

function filesOf(type: string): readonly string[] {
  return FILES[type] ?? []
}

function one(value: string): KnownValues {
  return { patterns: [value], isOneOf: true }
}

/** Fields that a path and what follows from it stand in. */
interface Place {
  readonly path: string
  readonly name: string
  readonly directory?: string
}

const PROGRAM: Place = { path: 'process.executable', name: 'process.name' }
const FILE: Place = { path: 'file.path', name: 'file.name', directory: 'file.directory' }

function addPlace(
  known: Map<string, KnownValues>,
  patterns: readonly string[],
  { path, name, directory }: Place,
): void {
  // Doubled slashes of a record are one in its event.
  const isPlain = patterns.every(
    (pattern) =>
      pattern.length <= PATTERN_LENGTH_MAX && !pattern.includes('//') && pattern.isWellFormed(),
  )
  if (!isPlain || patterns.length === 0) return
  known.set(path, { patterns, isOneOf: true })
  const parts = patterns.map((pattern) => /^(\/.*)?\/([^/*]+)$/s.exec(pattern))
  if (parts.includes(null)) return
  known.set(name, { patterns: parts.map((part) => part?.[2] ?? ''), isOneOf: true })
  if (directory === undefined) return
  known.set(directory, { patterns: parts.map((part) => part?.[1] ?? '/'), isOneOf: true })
}
