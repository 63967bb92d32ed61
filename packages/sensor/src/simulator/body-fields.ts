/*
 * How one field of an event's body is written, as data. The tables in bodies.ts are made of these;
 * the scenario parser checks steps against them and the simulator writes JSON from them.
 */

/** A value that a step may give, or that stands in when it does not. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain }

interface FieldBase {
  /** Key in the event, and in the step. */
  readonly name: string
  /** First message version that has the field. */
  readonly since?: number
  /** Must be given by the step. */
  readonly required?: boolean
}

/** One field of a body: its kind says how the value is found and written. */
export type BodyField =
  /** A plain JSON value. */
  | (FieldBase & { readonly kind: 'plain'; readonly fallback?: Plain })
  /** A number that the step may give by name. */
  | (FieldBase & {
      readonly kind: 'code'
      readonly codes: Readonly<Record<string, number>>
      readonly fallback: number
    })
  /** A file or folder with its stat block; the step gives a path. */
  | (FieldBase & { readonly kind: 'file' | 'folder'; readonly nullable?: boolean })
  /** A process; the step gives its name. `actor`: the step's `by` unless said otherwise. */
  | (FieldBase & {
      readonly kind: 'process'
      readonly actor?: boolean
      readonly nullable?: boolean
      readonly absent?: boolean
    })
  /** The audit token of the process that another field names. */
  | (FieldBase & { readonly kind: 'token'; readonly of: string })
  /** A time; now, unless the step gives an RFC 3339 text. */
  | (FieldBase & { readonly kind: 'time' })
  /** The number of elements of a list field. */
  | (FieldBase & { readonly kind: 'count'; readonly of: string })
  /** A user id; the scenario's user unless the step gives one. */
  | (FieldBase & { readonly kind: 'user_id' })
  /** A random UUID in capitals unless the step gives one. */
  | (FieldBase & { readonly kind: 'uuid' })
  /** A nested object, whose fields the step gives flat. */
  | (FieldBase & { readonly kind: 'group'; readonly fields: readonly BodyField[] })
  /** One of several nested objects, chosen by a code field of the same body. */
  | (FieldBase & {
      readonly kind: 'choice'
      readonly by: string
      readonly choices: readonly Choice[]
    })

/** How the simulator writes one event type. */
export interface Body {
  readonly fields: readonly BodyField[]
  /**
   * The daemon that reports the event, by its name in the population: its record then stands in
   * `process`, and the step's `by` becomes the instigator. Absent: the actor reports itself.
   */
  readonly reporter?: string
}

/** One branch of a C union: `when` is the code, `key` what eslogger names it. */
export interface Choice {
  readonly when: number
  readonly key: string
  readonly fields: readonly BodyField[] | BodyField
}

/** A field whose value the step must give. */
export function given(name: string): BodyField {
  return { kind: 'plain', name, required: true }
}

/** A field with a value to fall back on. */
export function plain(name: string, fallback: Plain): BodyField {
  return { kind: 'plain', name, fallback }
}

/** A number that steps may also give by name. */
export function code(
  name: string,
  codes: Readonly<Record<string, number>>,
  fallback = 0,
): BodyField {
  return { kind: 'code', name, codes, fallback }
}

/** A file, by its path. */
export function file(name: string): BodyField {
  return { kind: 'file', name, required: true }
}

/** A folder, by its path. */
export function folder(name: string): BodyField {
  return { kind: 'folder', name, required: true }
}

/** A file that may be missing. */
export function nullableFile(name: string): BodyField {
  return { kind: 'file', name, nullable: true }
}

/** Who caused the event, where a daemon reports it. */
export function actor(name = 'instigator'): BodyField {
  return { kind: 'process', name, actor: true, nullable: true }
}

/** The process acted upon. */
export function target(name = 'target'): BodyField {
  return { kind: 'process', name, required: true }
}

/** A process that may be missing: null then. */
export function nullableProcess(name: string): BodyField {
  return { kind: 'process', name, nullable: true }
}

/** A process pointer that eslogger leaves out when it is null. */
export function optionalProcess(name: string): BodyField {
  return { kind: 'process', name, nullable: true, absent: true }
}

/** The token beside a process that may be null, from message version 8 on. */
export function token(of = 'instigator'): BodyField {
  return { kind: 'token', name: `${of}_token`, of, since: 8 }
}

/** A time stamp. */
export function time(name: string): BodyField {
  return { kind: 'time', name }
}

/** The length of a list field of the same body. */
export function count(field: { readonly name: string; readonly of: string }): BodyField {
  return { kind: 'count', ...field }
}

/** An identifier drawn at random. */
export function uuid(name: string): BodyField {
  return { kind: 'uuid', name }
}

/** The id of the user whose session the scenario plays in. */
export function userId(name: string): BodyField {
  return { kind: 'user_id', name }
}

/** A nested object. */
export function group(name: string, fields: readonly BodyField[]): BodyField {
  return { kind: 'group', name, fields }
}

/** One of several nested objects, as the code field `by` says. */
export function choice(field: {
  readonly name: string
  readonly by: string
  readonly choices: readonly Choice[]
}): BodyField {
  return { kind: 'choice', ...field }
}

/** A field that later message versions added. */
export function since(version: number, field: BodyField): BodyField {
  return { ...field, since: version }
}

/** Every name that a step may use for a body's fields, nested ones included. */
export function fieldNames(fields: readonly BodyField[]): string[] {
  return fields.flatMap((field) => {
    if (field.kind === 'group') return [field.name, ...fieldNames(field.fields)]
    if (field.kind !== 'choice') return [field.name]
    return field.choices.flatMap(({ fields: inner }) =>
      fieldNames(Array.isArray(inner) ? inner : [inner]),
    )
  })
}
