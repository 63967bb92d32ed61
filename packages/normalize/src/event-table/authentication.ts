import { isIp } from '@pomona/schema'
import { bodyOf, idOf, integerOf, flagOf, nameOf, valueAt } from '../reader.ts'
import type { ProcessImage } from '../process/image.ts'
import {
  classification,
  type Classification,
  type Draft,
  entry,
  type EventEntry,
  type Occurrence,
  type Outcome,
  succeeded,
} from './entry.ts'

const AUTHENTICATION = classification({ category: ['authentication'], type: ['start'] })
const LOG_ON = classification({ category: ['authentication', 'session'], type: ['start'] })
const LOG_OFF = classification({ category: ['authentication', 'session'], type: ['end'] })
const LOCK = classification({ category: ['session'], type: ['end'] })
const SESSION_START = classification({ category: ['session', 'authentication'], type: ['start'] })
const SESSION_END = classification({ category: ['session'], type: ['end'] })

const METHODS: readonly string[] = ['od', 'touchid', 'token', 'auto_unlock']
const TOUCHID_MODES: readonly string[] = ['verification', 'identification']
const AUTO_UNLOCKS: readonly string[] = ['', 'machine_unlock', 'auth_prompt']
const SSH_RESULTS: readonly string[] = [
  'login_exceed_maxtries',
  'login_root_denied',
  'auth_success',
  'auth_fail_none',
  'auth_fail_passwd',
  'auth_fail_kbdint',
  'auth_fail_pubkey',
  'auth_fail_hostbased',
  'auth_fail_gssapi',
  'invalid_user',
]
const USER_RECORD = /users?$/i

interface Person {
  readonly id: string | undefined
  readonly name: string | undefined
}

/**
 * Puts the person a record is about into `user`; the effective user stays that of the process.
 * What is missing of id and name is filled where another record has stated both.
 */
function setUser(draft: Draft, person: Person): void {
  const id = person.id ?? draft.users.idOf(person.name)
  const name = person.name ?? draft.users.nameOf(person.id)
  const effective = draft.document.user?.effective
  draft.document.user = {
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(effective !== undefined && { effective }),
  }
}

function learn(draft: Draft, person: Person): void {
  // A failed login may name whatever was typed.
  if (valueAt(draft.body, 'success') !== false) draft.users.learn(person)
}

function personIn(draft: Draft, nameKey = 'username'): Person {
  return {
    id: idOf(valueAt(draft.body, 'uid')),
    name: draft.reader.text(valueAt(draft.body, nameKey)),
  }
}

function setSource(draft: Draft): void {
  const address = draft.reader.text(valueAt(draft.body, 'source_address'))
  if (address === undefined) return
  // ECS's ip has no room for the interface of a link-local address.
  const ip = address.split('%', 1)[0] ?? address
  draft.document.source = isIp(ip) ? { ip, address } : { address }
}

function setFailure(draft: Draft, message: unknown): void {
  const reason = draft.reader.text(message)
  if (reason === undefined) return
  draft.event.reason = reason
  draft.macos.authentication = { ...draft.macos.authentication, failure: reason }
}

// The kind is named by the key in `data`; `type` only says the same as a number.
function dataOf(body: Draft['body']): { method: string; data: Draft['body'] } | undefined {
  const kinds = bodyOf(valueAt(body, 'data'))
  if (kinds === undefined) return undefined
  for (const method of METHODS) {
    const data = bodyOf(valueAt(kinds, method))
    if (data !== undefined) return { method, data }
  }
  return undefined
}

function authenticationSubject({ body, processes }: Occurrence): ProcessImage | undefined {
  const found = dataOf(body)
  if (found === undefined) return undefined
  return processes.claimed(
    valueAt(found.data, 'instigator'),
    valueAt(found.data, 'instigator_token'),
  )
}

function setDirectory(draft: Draft, data: Draft['body']): void {
  const { reader } = draft
  const node = reader.text(valueAt(data, 'node_name'))
  const database = reader.text(valueAt(data, 'db_path'))
  const type = reader.text(valueAt(data, 'record_type'))
  const name = reader.text(valueAt(data, 'record_name'))
  const directory = {
    ...(node !== undefined && { node }),
    ...(database !== undefined && { database }),
    ...(type !== undefined && { record_type: type }),
    ...(name !== undefined && { record_name: name }),
  }
  if (Object.keys(directory).length > 0) draft.macos.directory = directory
}

function authenticationUser(draft: Draft, data: Draft['body']): Person {
  const name = draft.reader.text(valueAt(data, 'username'))
  const type = draft.reader.text(valueAt(data, 'record_type'))
  const record = draft.reader.text(valueAt(data, 'record_name'))
  const isUserRecord = type !== undefined && USER_RECORD.test(type)
  return { id: idOf(valueAt(data, 'uid')), name: name ?? (isUserRecord ? record : undefined) }
}

function authentication(draft: Draft): void {
  const found = dataOf(draft.body)
  const method = found?.method ?? nameOf(METHODS, valueAt(draft.body, 'type'))
  if (method !== undefined) draft.macos.authentication = { method }
  if (found === undefined) return
  const { data } = found
  const { reader } = draft
  const person = authenticationUser(draft, data)
  // Whoever authenticated need not be who runs the process that asked: without a name, nobody is
  // named.
  setUser(draft, person)
  if (person.id !== undefined && person.name !== undefined) learn(draft, person)
  const record = reader.text(valueAt(data, 'record_name'))
  const touchid = nameOf(TOUCHID_MODES, valueAt(data, 'touchid_mode'))
  const unlock = method === 'auto_unlock' ? nameOf(AUTO_UNLOCKS, valueAt(data, 'type')) : undefined
  const token = reader.text(valueAt(data, 'token_id'))
  const key = reader.text(valueAt(data, 'pubkey_hash'))
  const principal = reader.text(valueAt(data, 'kerberos_principal'))
  draft.macos.authentication = {
    ...draft.macos.authentication,
    ...(record !== undefined && { record }),
    ...(touchid !== undefined && { touchid_mode: touchid }),
    ...(unlock !== undefined && { auto_unlock: unlock }),
    ...(token !== undefined && { token_id: token }),
    ...(key !== undefined && { public_key_hash: key }),
    ...(principal !== undefined && { kerberos_principal: principal }),
  }
  setDirectory(draft, data)
}

function login(draft: Draft): void {
  const person = personIn(draft)
  learn(draft, person)
  setUser(draft, person)
  setFailure(draft, valueAt(draft.body, 'failure_message'))
}

function ssh(draft: Draft): void {
  const person = personIn(draft)
  const result = nameOf(SSH_RESULTS, valueAt(draft.body, 'result_type'))
  learn(draft, person)
  setUser(draft, person)
  setSource(draft)
  draft.macos.authentication = { method: 'openssh', ...(result !== undefined && { result }) }
  if (valueAt(draft.body, 'success') === false) setFailure(draft, result)
}

function loginClass(body: Draft['body']): Classification {
  return valueAt(body, 'success') === false ? AUTHENTICATION : LOG_ON
}

function graphical(draft: Draft): void {
  setUser(draft, { id: undefined, name: draft.reader.text(valueAt(draft.body, 'username')) })
  const id = integerOf(valueAt(draft.body, 'graphical_session_id'))
  if (id !== undefined) draft.macos.session = { graphical_id: id }
}

function screenSharing(draft: Draft): void {
  const { body, reader } = draft
  const authenticated = reader.text(valueAt(body, 'authentication_username'))
  const session = reader.text(valueAt(body, 'session_username'))
  setUser(draft, { id: undefined, name: authenticated ?? session })
  if (session !== undefined) {
    const id = draft.users.idOf(session)
    draft.document.user = {
      ...draft.document.user,
      target: { ...(id !== undefined && { id }), name: session },
    }
  }
  setSource(draft)
  const method = reader.text(valueAt(body, 'authentication_type'))
  if (method !== undefined) draft.macos.authentication = { method }
  const graphicalId = integerOf(valueAt(body, 'graphical_session_id'))
  if (graphicalId !== undefined) draft.macos.session = { graphical_id: graphicalId }
  const viewer = reader.text(valueAt(body, 'viewer_appleid'))
  const existing = flagOf(valueAt(body, 'existing_session'))
  if (viewer === undefined && existing === undefined) return
  draft.macos.screensharing = {
    ...(viewer !== undefined && { viewer }),
    ...(existing !== undefined && { existing_session: existing }),
  }
}

function attachClass(body: Draft['body']): Classification {
  return valueAt(body, 'success') === false ? AUTHENTICATION : SESSION_START
}

/**
 * From one user to another: su and sudo name both, and the user database is where they have them
 * from.
 */
function switchUser(draft: Draft): void {
  const { body, reader, users } = draft
  const from = {
    id: idOf(valueAt(body, 'from_uid')),
    name: reader.text(valueAt(body, 'from_username')),
  }
  const to = { id: idOf(valueAt(body, 'to_uid')), name: reader.text(valueAt(body, 'to_username')) }
  users.learn(from)
  users.learn(to)
  setUser(draft, from)
  const id = to.id ?? users.idOf(to.name)
  const name = to.name ?? users.nameOf(to.id)
  if (id === undefined && name === undefined) return
  draft.document.user = {
    ...draft.document.user,
    target: { ...(id !== undefined && { id }), ...(name !== undefined && { name }) },
  }
}

function su(draft: Draft): void {
  switchUser(draft)
  const { body, reader } = draft
  const shell = reader.text(valueAt(body, 'shell'))
  const args = reader.args(valueAt(body, 'argv'))
  setFailure(draft, valueAt(body, 'failure_message'))
  if (shell === undefined && args === undefined) return
  draft.macos.su = { ...(shell !== undefined && { shell }), ...(args !== undefined && { args }) }
}

function sudo(draft: Draft): void {
  switchUser(draft)
  const { body, reader } = draft
  const command = reader.text(valueAt(body, 'command'))
  const rejection = bodyOf(valueAt(body, 'reject_info'))
  const plugin = reader.text(valueAt(rejection, 'plugin_name'))
  setFailure(draft, valueAt(rejection, 'failure_message'))
  if (command === undefined && plugin === undefined) return
  draft.macos.sudo = {
    ...(command !== undefined && { command }),
    ...(plugin !== undefined && { rejected_by: plugin }),
  }
}

// Older records of su and sudo leave `success` out when it is false and say why instead.
function switchOutcome(body: Draft['body']): Outcome {
  const outcome = succeeded(body)
  if (outcome !== undefined) return outcome
  return bodyOf(valueAt(body, 'reject_info')) === undefined ? undefined : 'failure'
}

/** Signing in and out, locking, authenticating, becoming another user. */
export const AUTHENTICATION_EVENTS: readonly EventEntry[] = [
  entry('authentication', AUTHENTICATION, {
    outcome: succeeded,
    subject: authenticationSubject,
    mediated: true,
    map: authentication,
  }),
  entry('login_login', LOG_ON, { outcome: succeeded, classify: loginClass, map: login }),
  entry('login_logout', LOG_OFF, { map: login }),
  entry('openssh_login', LOG_ON, { outcome: succeeded, classify: loginClass, map: ssh }),
  entry('openssh_logout', LOG_OFF, { map: ssh }),
  entry('lw_session_login', LOG_ON, { map: graphical }),
  entry('lw_session_logout', LOG_OFF, { map: graphical }),
  entry('lw_session_lock', LOCK, { map: graphical }),
  entry('lw_session_unlock', LOG_ON, { map: graphical }),
  entry('screensharing_attach', SESSION_START, {
    outcome: succeeded,
    classify: attachClass,
    map: screenSharing,
  }),
  entry('screensharing_detach', SESSION_END, { map: screenSharing }),
  entry('su', AUTHENTICATION, { outcome: switchOutcome, map: su }),
  entry('sudo', AUTHENTICATION, { outcome: switchOutcome, map: sudo }),
]
