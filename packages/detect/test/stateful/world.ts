import type { Rule } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import type { Dice } from '../dice.ts'
import { eqlRule, happen, ruleOf } from './rules.ts'

const key = (field: string) => ({ fields: [field], written: field, optional: false })

/** Rules of every kind, over the events of {@link randomWorld}. */
export function worldRules(): readonly Rule[] {
  const fleet = eqlRule(
    'fleet',
    `sequence by user.name with maxspan=20s
    [file where event.action == "create"] [file where event.action == "rename"]`,
  )
  if (fleet.body.kind !== 'sequence') throw new Error('a sequence is asked for')
  return [
    eqlRule('single', 'file where event.action == "unlink" and file.name == "a"'),
    eqlRule(
      'two',
      `sequence by process.entity_id with maxspan=5s
      [file where event.action == "create"] [file where event.action == "rename"]`,
    ),
    eqlRule(
      'three',
      `sequence with maxspan=8s
      [file where event.action == "create"] by file.path
      [file where event.action == "rename"] by file.path
      [file where event.action == "unlink"] by file.path
      until [process where event.action == "exit" and process.name == "zsh"] by process.name`,
    ),
    eqlRule(
      'between',
      `sequence by file.path with maxspan=10s
      [file where event.action == "create"] ![file where event.action == "close"]
      [file where event.action == "unlink"]`,
    ),
    eqlRule(
      'after',
      `sequence by process.entity_id with maxspan=4s
      [file where event.action == "rename"] ![file where event.action == "close"]`,
    ),
    eqlRule(
      'before',
      `sequence by user.name with maxspan=6s
      ![file where event.action == "create"] [file where event.action == "rename"]`,
    ),
    eqlRule(
      'named',
      `sequence with maxspan=10s
      [file where event.action == "create"] as drop
      [process where event.action == "exec" and process.name == drop.file.name]`,
    ),
    eqlRule(
      'open end',
      `sequence by user.name
      [file where event.action == "unlink" and file.name == "b"]
      [process where event.action == "exec" and process.name == "zsh"]`,
    ),
    eqlRule(
      'child',
      `process where event.action == "exec" and process.name == "a" and
      child of [file where event.action == "create" and file.name == "b"]`,
    ),
    eqlRule(
      'line',
      `sequence by process.entity_id with maxspan=10s
      [process where event.action in ("fork", "exec") and descendant of [
        process where event.action == "exec" and process.name == "zsh" and
          not descendant of [file where event.action == "unlink" and file.name == "c"]]]
      [file where event.action == "create"]`,
    ),
    ...countingRules(),
    fleet,
  ]
}

function countingRules(): readonly Rule[] {
  return [
    eqlRule('counted', 'file where event.action == "unlink"', { silent: true }),
    ruleOf('many', {
      kind: 'correlation',
      type: 'event_count',
      groupBy: ['user.name'],
      inputs: [{ ruleId: 'counted', groupBy: [key('user.name')], values: [] }],
      spanMs: 6_000,
      bounds: [{ comparison: 'gte', value: 3 }],
      scope: 'host',
    }),
    ruleOf('both', {
      kind: 'correlation',
      type: 'temporal',
      groupBy: [],
      inputs: ['many', 'two'].map((ruleId) => ({ ruleId, groupBy: [], values: [] })),
      spanMs: 30_000,
      bounds: [],
      scope: 'host',
    }),
  ]
}

/** Events of some Macs on which processes fork, exec and exit, and handle few files. */
export function randomWorld(next: Dice, events: number, fromMs = 0): readonly EcsEvent[] {
  const hosts = ['mac-1', 'mac-2', 'mac-3']
  const live = new Map(hosts.map((host) => [host, ['p1', 'p2']]))
  let ms = fromMs
  let pid = 10
  return Array.from({ length: events }, () => {
    ms += next(400)
    const host = hosts[next(hosts.length)] ?? ''
    const processes = live.get(host) ?? []
    const who = processes[next(processes.length)] ?? 'p1'
    const file = `/${['a', 'b', 'c'][next(3)]}`
    const user = ['eve', 'bob'][next(2)] ?? ''
    const what = { ms, host, user, who, name: ['a', 'b', 'zsh'][next(3)] ?? '' }
    const kind = next(10)
    if (kind === 0 && processes.length > 2) {
      live.set(
        host,
        processes.filter((each) => each !== who),
      )
      return happen({ ...what, action: 'exit' })
    }
    if (kind < 3) {
      pid += 1
      const image = `p${pid}`
      const isExec = kind === 2
      live.set(host, [...processes.filter((each) => !isExec || each !== who), image])
      const origin = isExec ? { parent: 'p1', previous: who } : { parent: who }
      return happen({ ...what, ...origin, who: image, action: isExec ? 'exec' : 'fork' })
    }
    const action = ['create', 'rename', 'unlink', 'close'][next(4)] ?? ''
    return happen({ ...what, action, file, parent: 'p1' })
  })
}
