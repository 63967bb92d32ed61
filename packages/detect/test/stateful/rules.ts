import type { Rule, RuleBody } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { compiledEql } from '../eql.ts'

/** A rule with a query in EQL; the id is also its version. */
export function eqlRule(id: string, query: string, parts: Partial<Rule> = {}): Rule {
  return { ...ruleOf(id, compiledEql(query).body), ...parts }
}

/** A rule with a body as given. */
export function ruleOf(id: string, body: RuleBody): Rule {
  return {
    id,
    name: id,
    version: `${id}-version`,
    language: 'eql',
    severity: 'high',
    riskScore: 70,
    attackVersion: '18.1',
    techniques: [],
    tactics: [],
    tags: [],
    logsource: {},
    body,
    silent: false,
    references: [],
    falsePositives: [],
    response: [],
    source: '',
    path: `${id}.yml`,
    line: 1,
  }
}

/** An event of the tests, in short. */
export interface Happening {
  readonly ms: number
  readonly action: string
  /** The acting image; of `exec` and `fork` the new one. */
  readonly who?: string
  readonly parent?: string
  readonly previous?: string
  readonly name?: string
  readonly file?: string
  readonly user?: string
  readonly host?: string
  readonly ingestedMs?: number
}

const START_MS = Date.UTC(2026, 2, 2, 8)
let counter = 0

/** The event in full, as a sensor would tell it. Every call gives a new id. */
export function happen(what: Happening): EcsEvent {
  const { ms, action, who = 'p1', parent, previous, name, file, host = 'mac' } = what
  const text = (atMs: number): string => new Date(START_MS + atMs).toISOString()
  const isProcess = ['exec', 'fork', 'exit'].includes(action)
  counter += 1
  const named = (entityId: string) => ({ pid: Number(entityId.slice(1)), entity_id: entityId })
  return {
    '@timestamp': text(ms),
    event: {
      id: `${host}-${counter}`,
      action,
      category: [isProcess ? 'process' : 'file'],
      ...(what.ingestedMs === undefined ? {} : { ingested: text(what.ingestedMs) }),
    },
    host: { id: host, name: `${host}.local` },
    process: {
      ...named(who),
      ...(name === undefined ? {} : { name }),
      ...(parent === undefined ? {} : { parent: named(parent) }),
    },
    ...(file === undefined ? {} : { file: { path: file, name: file.split('/').at(-1) ?? '' } }),
    ...(what.user === undefined ? {} : { user: { name: what.user } }),
    macos: {
      process: {
        pidversion: 1,
        ...(previous === undefined ? {} : { previous_entity_id: previous }),
      },
      parent: { pidversion: 1 },
    },
  }
}
