import type { Part } from '../document.ts'
import { type Body, bodyOf, integerOf, nameOf, valueAt } from '../reader.ts'
import {
  classification,
  type Classification,
  type Draft,
  entries,
  entry,
  type EventEntry,
  instigator,
  type Outcome,
} from './entry.ts'

const CATEGORY: readonly string[] = ['iam', 'configuration']
const GROUP_CHANGE = classification({ category: CATEGORY, type: ['group', 'change'] })
const GROUP_CREATION = classification({ category: CATEGORY, type: ['group', 'creation'] })
const GROUP_DELETION = classification({ category: CATEGORY, type: ['group', 'deletion'] })
const USER_CHANGE = classification({ category: CATEGORY, type: ['user', 'change'] })
const USER_CREATION = classification({ category: CATEGORY, type: ['user', 'creation'] })
const USER_DELETION = classification({ category: CATEGORY, type: ['user', 'deletion'] })
const CHANGE = classification({ category: CATEGORY, type: ['change'] })

const RECORD_TYPES: readonly string[] = ['user', 'group']
const RECORD_USER = 0
const RECORD_GROUP = 1
const ACCOUNT_COMPUTER = 1
const MEMBER_USER_NAME = 0

function outcome(body: Body): Outcome {
  const code = integerOf(valueAt(body, 'error_code'))
  if (code === undefined) return undefined
  return code === 0 ? 'success' : 'failure'
}

type DirectoryPart = NonNullable<Part<'macos'>['directory']>

// What all directory events say.
function base(draft: Draft): DirectoryPart {
  const { body, reader } = draft
  const node = reader.text(valueAt(body, 'node_name'))
  const database = reader.text(valueAt(body, 'db_path'))
  const code = integerOf(valueAt(body, 'error_code'))
  return {
    ...(node !== undefined && { node }),
    ...(database !== undefined && { database }),
    ...(code !== undefined && { error_code: code }),
  }
}

function setDirectory(draft: Draft, part: DirectoryPart): void {
  if (Object.keys(part).length > 0) draft.macos.directory = part
}

function setTargetUser(draft: Draft, name: string | undefined): void {
  if (name === undefined) return
  const id = draft.users.idOf(name)
  draft.document.user = {
    ...draft.document.user,
    target: { ...(id !== undefined && { id }), name },
  }
}

function setGroupName(draft: Draft, name: string | undefined): void {
  // The group acted on replaces the actor's own, which stays in process.group.
  if (name !== undefined) draft.document.group = { name }
}

function group(draft: Draft): void {
  setGroupName(draft, draft.reader.text(valueAt(draft.body, 'group_name')))
  setDirectory(draft, base(draft))
}

// One member is added or removed, a whole list is set; both may be names or UUIDs.
function membersOf(draft: Draft): { type: number | undefined; members: readonly string[] } {
  const single = bodyOf(valueAt(draft.body, 'member'))
  const several = bodyOf(valueAt(draft.body, 'members'))
  const value = draft.reader.text(valueAt(single, 'member_value'))
  const list = value === undefined ? draft.reader.list(valueAt(several, 'member_array')) : [value]
  return { type: integerOf(valueAt(single ?? several, 'member_type')), members: list ?? [] }
}

function membership(draft: Draft): void {
  group(draft)
  const { type, members } = membersOf(draft)
  if (members.length === 0) return
  draft.macos.directory = { ...draft.macos.directory, members }
  if (type !== MEMBER_USER_NAME) return
  draft.relatedUsers = members
  if (members.length === 1) setTargetUser(draft, members[0])
}

function user(nameKey: string): (draft: Draft) => void {
  return (draft) => {
    const name = draft.reader.text(valueAt(draft.body, nameKey))
    if (valueAt(draft.body, 'account_type') !== ACCOUNT_COMPUTER) setTargetUser(draft, name)
    setDirectory(draft, { ...base(draft), ...(name !== undefined && { record_name: name }) })
  }
}

function attribute(draft: Draft): void {
  const { body, reader } = draft
  const type = nameOf(RECORD_TYPES, valueAt(body, 'record_type'))
  const name = reader.text(valueAt(body, 'record_name'))
  const attributeName = reader.text(valueAt(body, 'attribute_name'))
  const value = reader.text(valueAt(body, 'attribute_value'))
  const values = value === undefined ? reader.list(valueAt(body, 'attribute_values')) : [value]
  if (valueAt(body, 'record_type') === RECORD_USER) setTargetUser(draft, name)
  if (valueAt(body, 'record_type') === RECORD_GROUP) setGroupName(draft, name)
  setDirectory(draft, {
    ...base(draft),
    ...(type !== undefined && { record_type: type }),
    ...(name !== undefined && { record_name: name }),
    ...(attributeName !== undefined && { attribute: attributeName }),
    ...(values !== undefined && { values }),
  })
}

function attributeClass(body: Body): Classification {
  if (valueAt(body, 'record_type') === RECORD_USER) return USER_CHANGE
  return valueAt(body, 'record_type') === RECORD_GROUP ? GROUP_CHANGE : CHANGE
}

const MEDIATED = { outcome, subject: instigator, mediated: true }

/** Users and groups in Open Directory; opendirectoryd reports what others asked it to do. */
export const DIRECTORY_EVENTS: readonly EventEntry[] = [
  ...entries(['od_group_add', 'od_group_remove', 'od_group_set'], GROUP_CHANGE, {
    ...MEDIATED,
    map: membership,
  }),
  entry('od_create_group', GROUP_CREATION, { ...MEDIATED, map: group }),
  entry('od_delete_group', GROUP_DELETION, { ...MEDIATED, map: group }),
  entry('od_create_user', USER_CREATION, { ...MEDIATED, map: user('user_name') }),
  entry('od_delete_user', USER_DELETION, { ...MEDIATED, map: user('user_name') }),
  ...entries(['od_enable_user', 'od_disable_user'], USER_CHANGE, {
    ...MEDIATED,
    map: user('user_name'),
  }),
  entry('od_modify_password', USER_CHANGE, { ...MEDIATED, map: user('account_name') }),
  ...entries(['od_attribute_set', 'od_attribute_value_add', 'od_attribute_value_remove'], CHANGE, {
    ...MEDIATED,
    classify: attributeClass,
    map: attribute,
  }),
]
