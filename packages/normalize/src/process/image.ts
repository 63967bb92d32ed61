import type { ProcessEntityId } from '@pomona/schema'
import type { CodeSignature } from '../code-signature.ts'
import type {
  MacosPart,
  OtherProcessPart,
  ParentPart,
  ProcessPart,
  RelatedPart,
  UserPart,
} from '../document.ts'

/** What an exec says about an image; a fork hands it on to the child. */
export interface Invocation {
  readonly args: readonly string[] | undefined
  /** True number of arguments, those cut off included. */
  readonly argsCount: number | undefined
  readonly commandLine: string | undefined
  readonly script: string | undefined
  readonly dyldExecPath: string | undefined
  readonly cpuType: number | undefined
  readonly entitlements: readonly string[] | undefined
}

/** An image nobody saw being started. */
export const INVOCATION_UNKNOWN: Invocation = Object.freeze({
  args: undefined,
  argsCount: undefined,
  commandLine: undefined,
  script: undefined,
  dyldExecPath: undefined,
  cpuType: undefined,
  entitlements: undefined,
})

/** The parts of an event that say who acted, built once and shared by all events of the image. */
export interface ActorParts {
  readonly process: ProcessPart
  readonly user: UserPart
  readonly group: { readonly id: string } | undefined
  readonly related: RelatedPart | undefined
  readonly macosProcess: NonNullable<MacosPart['process']>
  readonly macosParent: NonNullable<MacosPart['parent']> | undefined
  readonly responsible: OtherProcessPart | undefined
  /** Revisions of what the parts were built from; they are stale when one differs. */
  readonly revision: number
  readonly parentRevision: number
  readonly responsibleRevision: number
  readonly usersRevision: number
}

/**
 * One process image: what runs under one pid between two execs.
 * Created from a record, or as a stub from a token that names a process no record has described
 * yet.
 */
export class ProcessImage {
  readonly key: number
  readonly pid: number
  readonly pidversion: number
  readonly entityId: ProcessEntityId
  /** Rises with every change; parts built from the image remember it. */
  revision = 1
  /** A record has described the image; a stub has only its token. */
  described = false
  /** What may change while the image runs was read at least once. */
  settled = false
  /** No longer in the table. */
  forgotten = false
  /** Used since the table last looked for something to evict. */
  touched = true
  /** When the grace period after its exit ends, in milliseconds of event time; 0 while it runs. */
  forgetAtMs = 0

  auid = -1
  euid = -1
  egid = -1
  ruid = -1
  rgid = -1
  asid = -1

  ppid: number | undefined = undefined
  originalPpid: number | undefined = undefined
  groupId: number | undefined = undefined
  sessionId: number | undefined = undefined
  codesigningFlags: number | undefined = undefined
  /** Undefined when unknown, empty when there is none. */
  tty: string | undefined = undefined

  executable: string | undefined = undefined
  name: string | undefined = undefined
  start: string | undefined = undefined
  cdhash: string | undefined = undefined
  /** Digest of the executable, where it was read. */
  sha256: string | undefined = undefined
  signingId: string | undefined = undefined
  teamId: string | undefined = undefined
  platformBinary: boolean | undefined = undefined
  isEsClient: boolean | undefined = undefined
  validationCategory: number | undefined = undefined
  signature: CodeSignature | undefined = undefined
  invocation: Invocation = INVOCATION_UNKNOWN
  workingDirectory: string | undefined = undefined

  parent: ProcessImage | undefined = undefined
  responsible: ProcessImage | undefined = undefined
  /** The image that exec replaced. */
  previousEntityId: ProcessEntityId | undefined = undefined

  actorParts: ActorParts | undefined = undefined
  /** The same parts with the thread that acted last. */
  threadId: number | undefined = undefined
  threadProcess: ProcessPart | undefined = undefined
  parentPart: ParentPart | undefined = undefined
  macosParentPart: NonNullable<MacosPart['parent']> | undefined = undefined
  otherPart: OtherProcessPart | undefined = undefined
  /**
   * Revisions of the image and of the user names that `parentPart` and `otherPart` were built from.
   */
  partsRevision = 0
  partsUsersRevision = 0

  constructor(identity: {
    readonly key: number
    readonly pid: number
    readonly pidversion: number
    readonly entityId: ProcessEntityId
  }) {
    this.key = identity.key
    this.pid = identity.pid
    this.pidversion = identity.pidversion
    this.entityId = identity.entityId
  }
}
