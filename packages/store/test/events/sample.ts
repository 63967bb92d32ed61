import type { EcsEvent } from '@pomona/schema'

/** Changes to a sample event, by dotted field name; `undefined` removes the field. */
export type Changes = Readonly<Record<string, unknown>>

export const HOST = 'mac-1'

/** Time of a sample event: `second` of one morning, and nanoseconds. */
export function at(second: number, nanosecond = 0): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(second / 60)
  const clock = `${two(9 + Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(second % 60)}`
  return `2026-11-22T${clock}.${String(nanosecond).padStart(9, '0')}Z`
}

/** A small event that has what the store needs, with changes. */
export function sampleEvent(id: string, second: number, changes: Changes = {}): EcsEvent {
  const fields: Changes = {
    '@timestamp': at(second),
    'event.id': id,
    'event.action': 'open',
    'event.category': ['file'],
    'event.ingested': at(second + 1),
    'host.id': HOST,
    ...changes,
  }
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const path = name.split('.')
    let node = event
    for (const key of path.slice(0, -1)) {
      node[key] ??= {}
      node = node[key] as Record<string, unknown> // Made on the line above.
    }
    node[path.at(-1) ?? ''] = value
  }
  return event // Built from field names; tests of hostile shapes stretch it on purpose.
}

/** A process of a sample story; entity id, pid and pid version come from its name. */
export interface Cast {
  readonly id: string
  readonly pid: number
  readonly version: number
  readonly path?: string
}

function actorOf({ id, pid, version, path }: Cast, parent?: Cast): Changes {
  return {
    'process.entity_id': id,
    'process.pid': pid,
    'macos.process.pidversion': version,
    'process.executable': path,
    'process.name': path?.split('/').at(-1),
    'process.parent.entity_id': parent?.id,
    'process.parent.pid': parent?.pid,
    'process.parent.executable': parent?.path,
    'macos.parent.pidversion': parent?.version,
  }
}

/** A fork: the child acts, its parent is the one that forked. */
export function fork(second: number, child: Cast, parent: Cast): EcsEvent {
  return sampleEvent(`fork-${child.id}`, second, {
    ...actorOf(child, parent),
    'event.action': 'fork',
    'event.category': ['process'],
    'process.start': at(second),
  })
}

/** An exec: the new image acts, and names the image it replaced. */
export function exec(
  second: number,
  image: Cast,
  changes: Changes & { readonly previous?: Cast; readonly parent?: Cast } = {},
): EcsEvent {
  const { previous, parent, ...rest } = changes
  return sampleEvent(`exec-${image.id}`, second, {
    ...actorOf(image, parent),
    'event.action': 'exec',
    'event.category': ['process'],
    'process.start': at(second),
    'process.command_line': image.path,
    'macos.process.previous_entity_id': previous?.id,
    'process.previous.executable': previous?.path,
    ...rest,
  })
}

/** The end of an image. */
export function exit(second: number, image: Cast, changes: Changes = {}): EcsEvent {
  return sampleEvent(`exit-${image.id}`, second, {
    ...actorOf(image),
    'event.action': 'exit',
    'event.category': ['process'],
    'process.end': at(second),
    'process.exit_code': 0,
    ...changes,
  })
}

/** Something an image does. */
export function act(second: number, image: Cast, changes: Changes = {}): EcsEvent {
  return sampleEvent(`act-${image.id}-${second}`, second, { ...actorOf(image), ...changes })
}
