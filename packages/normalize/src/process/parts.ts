import type {
  Building,
  MacosProcessPart,
  OtherProcessPart,
  ParentPart,
  ProcessPart,
  RelatedPart,
} from '../document.ts'
import type { UserNames } from '../users.ts'
import type { ActorParts, ProcessImage } from './image.ts'

/** -1, which a token reads when the id is missing or "none", becomes absent. */
function idText(id: number): string | undefined {
  return id < 0 || id === 0xffff_ffff ? undefined : String(id)
}

// What process, process.parent and macos.* all say about an image.
interface Described {
  entity_id?: string
  pid?: number
  name?: string
  executable?: string
  args?: readonly string[]
  command_line?: string
}

function describe(part: Described, image: ProcessImage): void {
  part.entity_id = image.entityId
  part.pid = image.pid
  if (image.name !== undefined) part.name = image.name
  if (image.executable !== undefined) part.executable = image.executable
  const { args, commandLine } = image.invocation
  if (args !== undefined) part.args = args
  if (commandLine !== undefined) part.command_line = commandLine
}

function describeProcess(
  part: Building<ProcessPart> | Building<ParentPart>,
  image: ProcessImage,
): void {
  describe(part, image)
  if (image.invocation.argsCount !== undefined) part.args_count = image.invocation.argsCount
  if (image.workingDirectory !== undefined) part.working_directory = image.workingDirectory
  if (image.start !== undefined) part.start = image.start
  if (image.signature !== undefined) part.code_signature = image.signature
  const { cdhash, sha256 } = image
  if (sha256 !== undefined) part.hash = { ...(cdhash !== undefined && { cdhash }), sha256 }
  else if (cdhash !== undefined) part.hash = { cdhash }
}

function parentPart(image: ProcessImage, users: UserNames): ParentPart {
  const part: Building<ParentPart> = {}
  describeProcess(part, image)
  const user = users.person(image.euid)
  if (user !== undefined) part.user = user
  return Object.freeze(part)
}

function otherPart(image: ProcessImage, users: UserNames): OtherProcessPart {
  const part: Building<OtherProcessPart> = {}
  describe(part, image)
  part.pidversion = image.pidversion
  if (image.platformBinary !== undefined) part.platform_binary = image.platformBinary
  const user = users.person(image.euid)
  if (user !== undefined) part.user = { id: user.id }
  const { signature, cdhash } = image
  if (signature !== undefined) {
    part.code_signature = {
      ...(signature.exists !== undefined && { exists: signature.exists }),
      ...(signature.trusted !== undefined && { trusted: signature.trusted }),
      ...(signature.signing_id !== undefined && { signing_id: signature.signing_id }),
      ...(signature.team_id !== undefined && { team_id: signature.team_id }),
    }
  }
  if (cdhash !== undefined) part.hash = { cdhash }
  return Object.freeze(part)
}

// Both parts of an image go stale together.
function refresh(image: ProcessImage, users: UserNames): void {
  if (image.partsRevision === image.revision && image.partsUsersRevision === users.revision) return
  image.partsRevision = image.revision
  image.partsUsersRevision = users.revision
  image.parentPart = undefined
  image.macosParentPart = undefined
  image.otherPart = undefined
}

/** The image as another process's parent; frozen and shared until the image changes. */
export function asParent(image: ProcessImage, users: UserNames): ParentPart {
  refresh(image, users)
  image.parentPart ??= parentPart(image, users)
  return image.parentPart
}

/**
 * The image as `macos.responsible`, `macos.reporter` or `macos.target.process`; frozen and shared.
 */
export function asOther(image: ProcessImage, users: UserNames): OtherProcessPart {
  refresh(image, users)
  image.otherPart ??= otherPart(image, users)
  return image.otherPart
}

function processPart(image: ProcessImage, users: UserNames): ProcessPart {
  const part: Building<ProcessPart> = {}
  describeProcess(part, image)
  if (image.tty !== undefined) part.interactive = image.tty !== ''
  const user = users.person(image.euid)
  if (user !== undefined) part.user = user
  const group = idText(image.egid)
  const realGroup = idText(image.rgid)
  const realUser = users.actor(image.ruid).effective
  if (realUser !== undefined) part.real_user = realUser
  if (group !== undefined) part.group = { id: group }
  if (realGroup !== undefined) part.real_group = { id: realGroup }
  if (image.groupId !== undefined) part.group_leader = { pid: image.groupId }
  if (image.sessionId !== undefined) part.session_leader = { pid: image.sessionId }
  if (image.parent !== undefined) part.parent = asParent(image.parent, users)
  return Object.freeze(part)
}

function macosProcessPart(image: ProcessImage): MacosProcessPart {
  const part: Building<MacosProcessPart> = { pidversion: image.pidversion }
  const { invocation } = image
  const auditUser = idText(image.auid)
  if (image.platformBinary !== undefined) part.platform_binary = image.platformBinary
  if (image.originalPpid !== undefined) part.original_parent_pid = image.originalPpid
  if (image.previousEntityId !== undefined) part.previous_entity_id = image.previousEntityId
  if (image.isEsClient !== undefined) part.is_es_client = image.isEsClient
  if (image.codesigningFlags !== undefined) part.codesigning_flags = image.codesigningFlags
  if (image.validationCategory !== undefined) part.cs_validation_category = image.validationCategory
  if (image.tty !== undefined && image.tty !== '') part.tty = image.tty
  if (auditUser !== undefined) part.audit_user_id = auditUser
  if (image.asid >= 0) part.audit_session_id = String(image.asid)
  if (invocation.script !== undefined) part.script = invocation.script
  if (invocation.dyldExecPath !== undefined) part.dyld_exec_path = invocation.dyldExecPath
  if (invocation.cpuType !== undefined) part.cpu_type = invocation.cpuType
  if (invocation.entitlements !== undefined) part.entitlements = invocation.entitlements
  return Object.freeze(part)
}

function macosParentPart(image: ProcessImage): NonNullable<ProcessImage['macosParentPart']> {
  const platform = image.platformBinary
  return Object.freeze({
    pidversion: image.pidversion,
    ...(platform !== undefined && { platform_binary: platform }),
  })
}

function relatedPart(image: ProcessImage, name: string | undefined): RelatedPart | undefined {
  const hash = image.cdhash
  if (hash === undefined && name === undefined) return undefined
  return Object.freeze({
    ...(name !== undefined && { user: [name] }),
    ...(hash !== undefined && { hash: [hash] }),
  })
}

function build(image: ProcessImage, users: UserNames): ActorParts {
  const { parent, responsible } = image
  const process = processPart(image, users)
  const user = users.actor(image.euid)
  const group = idText(image.egid)
  if (parent !== undefined) parent.macosParentPart ??= macosParentPart(parent)
  return {
    process,
    user,
    group: group === undefined ? undefined : Object.freeze({ id: group }),
    related: relatedPart(image, user.name),
    macosProcess: macosProcessPart(image),
    macosParent: parent?.macosParentPart,
    responsible: responsible === undefined ? undefined : asOther(responsible, users),
    revision: image.revision,
    parentRevision: parent === undefined ? 0 : parent.revision,
    responsibleRevision: responsible === undefined ? 0 : responsible.revision,
    usersRevision: users.revision,
  }
}

/**
 * The parts of an event that say who acted. Built when something they hold has changed, shared
 * otherwise.
 */
export function asActor(image: ProcessImage, users: UserNames): ActorParts {
  const parts = image.actorParts
  if (
    parts !== undefined &&
    parts.revision === image.revision &&
    parts.usersRevision === users.revision &&
    (image.parent === undefined || parts.parentRevision === image.parent.revision) &&
    (image.responsible === undefined || parts.responsibleRevision === image.responsible.revision)
  ) {
    return parts
  }
  const built = build(image, users)
  image.actorParts = built
  image.threadProcess = undefined
  return built
}

/** `process` of an event together with the thread that acted; the last thread's copy is shared. */
export function withThread(image: ProcessImage, threadId: number | undefined): ProcessPart {
  const process = image.actorParts?.process ?? {}
  if (threadId === undefined) return process
  if (image.threadProcess === undefined || image.threadId !== threadId) {
    image.threadId = threadId
    image.threadProcess = Object.freeze({ ...process, thread: { id: threadId } })
  }
  return image.threadProcess
}
