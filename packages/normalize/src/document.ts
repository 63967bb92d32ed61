import type { EcsEvent } from '@pomona/schema'

/** One top-level object of an event. */
export type Part<Name extends keyof EcsEvent> = NonNullable<EcsEvent[Name]>

/** An object while it is being built: its own keys may be set, what they hold is already final. */
export type Building<T> = { -readonly [Key in keyof T]: T[Key] }

/** An event while it is being built. */
export type Document = Building<EcsEvent>

/** `event` while it is being built. */
export type EventPart = Building<Part<'event'>>
/** `process`: built once an image, so read-only. */
export type ProcessPart = Part<'process'>
/** `process.parent`. */
export type ParentPart = NonNullable<ProcessPart['parent']>
/** `file` while it is being built. */
export type FilePart = Building<Part<'file'>>
/** `user` while it is being built. */
export type UserPart = Building<Part<'user'>>
/** `related`. */
export type RelatedPart = Part<'related'>
/** `macos` while it is being built. */
export type MacosPart = Building<Part<'macos'>>
/**
 * A process other than the actor: responsible, reporter or target; the three have the same fields.
 */
export type OtherProcessPart = NonNullable<MacosPart['responsible']>
/** `macos.file` while it is being built. */
export type MacosFilePart = Building<NonNullable<MacosPart['file']>>
/** `macos.process`. */
export type MacosProcessPart = NonNullable<MacosPart['process']>
