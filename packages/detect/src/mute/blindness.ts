import {
  assertNever,
  fieldsOf,
  type Filter,
  type JoinKey,
  type Rule,
  type RuleBody,
  type Step,
} from '@pomona/rules'
import type { Mute } from '@pomona/schema'
import { askedBy } from './asked-fields.ts'
import {
  actionKnowledge,
  escapesOf,
  isAboutFiles,
  knowledgeOf,
  roleKnowledge,
  typesOf,
} from './muted-events.ts'
import { truthOfExpression } from './truth.ts'

/**
 * What a mute does to a rule. `blinded`: nothing is left that it could fire on. `may_be_blinded`:
 * events it may need are left out. `loses_context`: its own events are not, but some that tell what
 * it asks about other processes, of which that is known only by them; see {@link blindness}.
 */
export type BlindEffect = 'blinded' | 'may_be_blinded' | 'loses_context'

/** A rule that does not see any more what it saw. */
export interface BlindRule {
  readonly rule: Rule
  readonly effect: BlindEffect
  /** Reasons of the mutes behind it, in their order. */
  readonly mutes: readonly string[]
}

const RANK: Readonly<Record<BlindEffect, number>> = {
  loses_context: 1,
  may_be_blinded: 2,
  blinded: 3,
}

/**
 * Tells which rules mutes blind, by what each rule asks for. A rule that fires less often because
 * of them is always among the answers; one that is called `blinded` cannot fire any more.
 *
 * What the normaliser knows of a process that started before the agent it knows by events of that
 * process alone; with these, a mute takes away its name wherever it is somebody's parent. Rules
 * that ask for that lose context. Mutes of starts and ends of programs take context from all rules.
 *
 * @returns In the order of the rules.
 */
export function blindness(rules: readonly Rule[], mutes: readonly Mute[]): readonly BlindRule[] {
  const effects = mutes.map((mute) => effectsOf(rules, mute))
  return rules.flatMap((rule): readonly BlindRule[] => {
    const found = effects.map((byId) => byId.get(rule.id))
    const effect = found.reduce(stronger, undefined)
    if (effect === undefined) return []
    const reasons = mutes.filter((_, index) => found[index] !== undefined).map(reasonOf)
    return [{ rule, effect, mutes: [...new Set(reasons)] }]
  })
}

type Effect = BlindEffect | undefined

function reasonOf({ reason }: Mute): string {
  return reason
}

function stronger(one: Effect, other: Effect): Effect {
  if (one === undefined || other === undefined) return one ?? other
  return RANK[one] >= RANK[other] ? one : other
}

function effectsOf(rules: readonly Rule[], mute: Mute): ReadonlyMap<string, Effect> {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  const effects = new Map<string, Effect>()
  const effectOf = (id: string): Effect => {
    if (effects.has(id)) return effects.get(id)
    const rule = byId.get(id)
    const effect = rule === undefined ? undefined : ofBody(rule.body, { mute, effectOf })
    effects.set(id, effect)
    return effect
  }
  for (const { id } of rules) effectOf(id)
  return effects
}

interface Judging {
  readonly mute: Mute
  /** Of another rule; there are no cycles. */
  readonly effectOf: (ruleId: string) => Effect
}

function ofBody(body: RuleBody, { mute, effectOf }: Judging): Effect {
  switch (body.kind) {
    case 'event':
      return ofFilter(body, mute)
    case 'sequence':
    case 'sample':
    case 'join':
      return ofSteps(body.steps, body.until, mute)
    case 'correlation': {
      const inputs = body.inputs.map(({ ruleId }) => effectOf(ruleId))
      if (inputs.length > 0 && inputs.every((effect) => effect === 'blinded')) return 'blinded'
      const keys = body.inputs.flatMap(({ groupBy, values }) => [...groupBy, ...values])
      return weakened([...inputs, ofKeys(keys, mute)].reduce(stronger, undefined))
    }
    default:
      return assertNever(body)
  }
}

// oxlint-disable-next-line max-params -- the two kinds of steps of one rule
function ofSteps(steps: readonly Step[], until: Step | undefined, mute: Mute): Effect {
  const needed = steps.filter(({ missing }) => !missing).map(({ filter }) => ofFilter(filter, mute))
  if (needed.includes('blinded')) return 'blinded'
  const others = [
    ...steps.filter(({ missing }) => missing),
    ...(until === undefined ? [] : [until]),
  ]
  const effects = others.map(({ filter }) => ofFilter(filter, mute))
  const keys = [...steps, ...others].flatMap((step) => step.keys)
  return weakened([...needed, ...effects, ofKeys(keys, mute)].reduce(stronger, undefined))
}

// Keys that name another process have no value where nothing is known of it.
function ofKeys(keys: readonly JoinKey[], mute: Mute): Effect {
  if (typesOf(mute).length === 0) return undefined
  const names = keys.flatMap(({ fields, formula }) => [
    ...fields,
    ...(formula === undefined ? [] : fieldsOf(formula).flatMap((field) => field.fields)),
  ])
  const isAsked = ROLES.some(({ prefixes }) => isUnder(names, prefixes))
  return isAsked && names.some((name) => !name.endsWith('.entity_id')) ? 'loses_context' : undefined
}

// One of several that are asked for: the others may do.
function weakened(effect: Effect): Effect {
  return effect === 'blinded' ? 'may_be_blinded' : effect
}

function ofFilter(filter: Filter, mute: Mute): Effect {
  const types = typesOf(mute).filter((type) => isTriedOn(filter, type))
  const met = types.filter(
    (type) => truthOfExpression(filter.expression, knowledgeOf(mute, type)) !== 'never',
  )
  if (met.length > 0 && isAllOf(filter, mute)) return 'blinded'
  const { subjects } = askedBy(filter)
  const ofSubjects = subjects.map((subject) => weakened(ofFilter(subject, mute)))
  const own: Effect = met.length > 0 ? 'may_be_blinded' : contextOf(filter, mute)
  return [own, ...ofSubjects].reduce(stronger, undefined)
}

function isTriedOn({ gate }: Filter, type: string): boolean {
  return gate.events.length === 0 || gate.events.some(({ action }) => action === type)
}

/** Whether every event that a filter may hold for is left out. */
function isAllOf({ gate, expression }: Filter, mute: Mute): boolean {
  const types = new Set(typesOf(mute))
  if (gate.events.length === 0) return false
  return gate.events.every(({ action }) => {
    // Of a category some types may still be out of the question by what else is asked.
    const escapes = types.has(action) ? escapesOf(mute, action) : [actionKnowledge(action)]
    return escapes?.every((known) => truthOfExpression(expression, known) === 'never') === true
  })
}

/** Without these the normaliser does not know what a process was started with, and by whom. */
const SHAPING: ReadonlySet<string> = new Set(['exec', 'fork', 'exit', 'chdir', 'chroot'])

/** Processes other than the one that acts, by the fields that describe them. */
const ROLES = [
  { prefixes: ['process.parent.', 'macos.parent.'], described: 'process.parent' },
  { prefixes: ['macos.responsible.'], described: 'macos.responsible' },
  { prefixes: ['macos.reporter.'], described: 'macos.reporter' },
  { prefixes: ['macos.target.process.'], described: 'macos.target.process' },
] as const

/** What other sensors report is joined to the process that has the pid at that time. */
const BY_PID: ReadonlySet<string> = new Set([
  ...['connection_attempted', 'connection_accepted', 'disconnect_received', 'lookup_requested'],
  ...['lookup_result', 'tls_client_hello', 'sudo_logged', 'ssh_login_logged'],
  ...['tcc_access_request', 'gatekeeper_scan', 'dns_client', 'log_message'],
])

function contextOf(filter: Filter, mute: Mute): Effect {
  const types = typesOf(mute)
  if (types.length === 0) return undefined
  if (types.some((type) => SHAPING.has(type))) return 'loses_context'
  const { fields, subjects } = askedBy(filter)
  const names = [...fields]
  // Who descends from whom is told by events of all kinds.
  if (subjects.length > 0) return 'loses_context'
  const areFiles = types.every(isAboutFiles)
  // Names of users come with log-ins and the like.
  const asksUsers = names.some((name) => name.endsWith('user.name') || name === 'file.owner')
  if (!areFiles && asksUsers) return 'loses_context'
  const roles = [
    ...ROLES.filter(({ prefixes }) => isUnder(names, prefixes)).map(({ described }) => described),
    ...(isJoinedByPid(filter) && isUnder(names, ['process.']) ? ['process'] : []),
  ]
  const isLost = roles.some((role) => {
    const known = areFiles ? roleKnowledge(mute, role) : new Map()
    return truthOfExpression(filter.expression, known) !== 'never'
  })
  return isLost ? 'loses_context' : undefined
}

function isUnder(names: readonly string[], prefixes: readonly string[]): boolean {
  return names.some((name) => prefixes.some((prefix) => name.startsWith(prefix)))
}

function isJoinedByPid({ gate }: Filter): boolean {
  return gate.events.length === 0 || gate.events.some(({ action }) => BY_PID.has(action))
}
