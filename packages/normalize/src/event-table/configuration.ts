import { fileAt } from '../file.ts'
import { pathName, pathOfFileUrl, resolvePath } from '../path.ts'
import type { ProcessImage } from '../process/image.ts'
import { asOther } from '../process/parts.ts'
import { type Body, bodyOf, flagOf, idOf, nameOf, valueAt } from '../reader.ts'
import {
  classification,
  type Classification,
  type Draft,
  entry,
  type EventEntry,
  instigator,
  type Occurrence,
} from './entry.ts'
import { fileOf } from './files.ts'

const CREATION = classification({ category: ['configuration'], type: ['creation'] })
const CHANGE = classification({ category: ['configuration'], type: ['change'] })
const DELETION = classification({ category: ['configuration'], type: ['deletion'] })

const ITEM_TYPES: readonly string[] = ['user_item', 'app', 'login_item', 'agent', 'daemon']
const PROFILE_SOURCES: readonly string[] = ['managed', 'user']
const TCC_PREFIX = 'kTCCService'
const TCC_IDENTITIES: readonly string[] = [
  'bundle_id',
  'executable_path',
  'policy_id',
  'file_provider_domain_id',
]
const TCC_UPDATES: readonly string[] = ['', 'create', 'modify', 'delete']
const TCC_RIGHTS: readonly string[] = [
  'denied',
  '',
  'allowed',
  'limited',
  'add_modify_added',
  'session_pid',
  'learn_more',
]
/** Why a privacy decision was taken, by number. */
export const TCC_REASONS: readonly string[] = [
  '',
  'error',
  'user_consent',
  'user_set',
  'system_set',
  'service_policy',
  'mdm_policy',
  'service_override_policy',
  'missing_usage_string',
  'prompt_timeout',
  'preflight_unknown',
  'entitled',
  'app_type_policy',
  'prompt_cancel',
]
const GATEKEEPER_FILES: readonly string[] = ['path', 'file']
const SHA256 = /^[0-9a-fA-F]{64}$/
const CDHASH = /^[0-9a-fA-F]{40}$/

// The instigator asked for the item; the app is whom it belongs to and stands in for it.
function itemSubject(occurrence: Occurrence): ProcessImage | undefined {
  const { body, processes } = occurrence
  return (
    instigator(occurrence) ?? processes.claimed(valueAt(body, 'app'), valueAt(body, 'app_token'))
  )
}

// A bundle's helper is named relative to the app, everything else by a URL or an absolute path.
function itemPath(
  draft: Draft,
  { value, app }: { readonly value: unknown; readonly app: string | undefined },
): string | undefined {
  const text = draft.reader.text(value)
  const path = text === undefined ? undefined : pathOfFileUrl(text)
  return path === undefined ? undefined : resolvePath({ path, base: app })
}

function launchItem(draft: Draft): void {
  const { body } = draft
  const item = bodyOf(valueAt(body, 'item'))
  const app = itemPath(draft, { value: valueAt(item, 'app_url'), app: undefined })
  const path = itemPath(draft, { value: valueAt(item, 'item_url'), app })
  const executable = itemPath(draft, { value: valueAt(body, 'executable_path'), app })
  const type = nameOf(ITEM_TYPES, valueAt(item, 'item_type'))
  const name = path === undefined ? undefined : pathName(path)
  const legacy = flagOf(valueAt(item, 'legacy'))
  const managed = flagOf(valueAt(item, 'managed'))
  const user = idOf(valueAt(item, 'uid'))
  const part = {
    ...(type !== undefined && { type }),
    ...(name !== undefined && { name }),
    ...(path !== undefined && { path }),
    ...(executable !== undefined && { executable }),
    ...(legacy !== undefined && { legacy }),
    ...(managed !== undefined && { managed }),
    ...(user !== undefined && { user_id: user }),
    ...(app !== undefined && { app_path: app }),
  }
  if (Object.keys(part).length > 0) draft.macos.persistence = part
  if (path !== undefined) draft.document.file = fileAt(path)
}

function profile(draft: Draft): void {
  const { body, reader } = draft
  const raw = bodyOf(valueAt(body, 'profile'))
  const identifier = reader.text(valueAt(raw, 'identifier'))
  const uuid = reader.text(valueAt(raw, 'uuid'))
  const name = reader.text(valueAt(raw, 'display_name'))
  const organization = reader.text(valueAt(raw, 'organization'))
  const source = nameOf(PROFILE_SOURCES, valueAt(raw, 'install_source'))
  const scope = reader.text(valueAt(raw, 'scope'))
  const update = flagOf(valueAt(body, 'is_update'))
  const part = {
    ...(identifier !== undefined && { identifier }),
    ...(uuid !== undefined && { uuid }),
    ...(name !== undefined && { name }),
    ...(organization !== undefined && { organization }),
    ...(source !== undefined && { install_source: source }),
    ...(scope !== undefined && { scope }),
    ...(update !== undefined && { update }),
  }
  if (Object.keys(part).length > 0) draft.macos.profile = part
}

function profileClass(body: Body): Classification {
  return valueAt(body, 'is_update') === true ? CHANGE : CREATION
}

// The instigator is null when tccd acted on a click in System Settings; then the app counts.
function tccSubject(occurrence: Occurrence): ProcessImage | undefined {
  return instigator(occurrence) ?? tccResponsible(occurrence)
}

function tccResponsible({
  body,
  processes,
}: Pick<Occurrence, 'body' | 'processes'>): ProcessImage | undefined {
  return processes.claimed(valueAt(body, 'responsible'), valueAt(body, 'responsible_token'))
}

function tcc(draft: Draft): void {
  const { body, reader } = draft
  const name = reader.text(valueAt(body, 'service'))
  const service = name?.startsWith(TCC_PREFIX) ? reader.text(name.slice(TCC_PREFIX.length)) : name
  const identity = reader.text(valueAt(body, 'identity'))
  const identityType = nameOf(TCC_IDENTITIES, valueAt(body, 'identity_type'))
  const update = nameOf(TCC_UPDATES, valueAt(body, 'update_type'))
  const right = nameOf(TCC_RIGHTS, valueAt(body, 'right'))
  const reason = nameOf(TCC_REASONS, valueAt(body, 'reason'))
  const part = {
    ...(service !== undefined && { service }),
    ...(identity !== undefined && { identity }),
    ...(identityType !== undefined && { identity_type: identityType }),
    ...(update !== undefined && { update_type: update }),
    ...(right !== undefined && { right }),
    ...(reason !== undefined && { reason }),
  }
  if (Object.keys(part).length > 0) draft.macos.tcc = part
  const responsible = tccResponsible(draft)
  if (responsible !== undefined) draft.macos.responsible = asOther(responsible, draft.users)
}

function hex(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value.toLowerCase() : undefined
}

function gatekeeper(draft: Draft): void {
  const { body, reader, macos } = draft
  const type = nameOf(GATEKEEPER_FILES, valueAt(body, 'file_type'))
  if (type !== undefined) macos.gatekeeper = { identity_type: type }
  const raw = bodyOf(valueAt(body, 'file'))
  const path = reader.text(valueAt(raw, 'file_path'))
  const file =
    fileOf(draft, valueAt(raw, 'file')) ?? (path === undefined ? undefined : fileAt(path))
  if (file === undefined) return
  const signing = bodyOf(valueAt(body, 'signing_info'))
  const signingId = reader.text(valueAt(signing, 'signing_id'))
  const teamId = reader.text(valueAt(signing, 'team_id'))
  const sha256 = hex(valueAt(body, 'sha256'), SHA256)
  const cdhash = hex(valueAt(signing, 'cdhash'), CDHASH)
  if (signingId !== undefined || teamId !== undefined) {
    file.code_signature = {
      ...(signingId !== undefined && { signing_id: signingId }),
      ...(teamId !== undefined && { team_id: teamId }),
    }
  }
  if (sha256 !== undefined || cdhash !== undefined) {
    file.hash = { ...(sha256 !== undefined && { sha256 }), ...(cdhash !== undefined && { cdhash }) }
  }
  draft.document.file = file
}

/** What a Mac is set up to run, allow and trust. */
export const CONFIGURATION_EVENTS: readonly EventEntry[] = [
  entry('btm_launch_item_add', CREATION, { subject: itemSubject, mediated: true, map: launchItem }),
  entry('btm_launch_item_remove', DELETION, {
    subject: itemSubject,
    mediated: true,
    map: launchItem,
  }),
  entry('profile_add', CREATION, {
    subject: instigator,
    mediated: true,
    classify: profileClass,
    map: profile,
  }),
  entry('profile_remove', DELETION, { subject: instigator, mediated: true, map: profile }),
  entry('tcc_modify', CHANGE, { subject: tccSubject, mediated: true, map: tcc }),
  entry('gatekeeper_user_override', CHANGE, { map: gatekeeper }),
  entry('settime', CHANGE),
]
