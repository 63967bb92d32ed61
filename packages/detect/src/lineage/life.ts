import type { EcsEvent } from '@pomona/schema'
import type { ProcessOrigin } from './process-tree.ts'

/** The beginning or the end of a process image, as an event tells it. */
export interface Life {
  readonly kind: 'start' | 'end'
  readonly origin: ProcessOrigin
}

/**
 * What an event says about the life of its process: of a `fork` the process is the child, of an
 * `exec` it is the new image.
 */
export function lifeOf({ event, process, macos }: EcsEvent): Life | undefined {
  const action: unknown = event?.action
  const entityId: unknown = process?.entity_id
  if (typeof entityId !== 'string') return undefined
  if (action === 'exit') return { kind: 'end', origin: { entityId } }
  if (action !== 'fork' && action !== 'exec') return undefined
  const parentId: unknown = process?.parent?.entity_id
  const previousId: unknown = action === 'exec' ? macos?.process?.previous_entity_id : undefined
  return {
    kind: 'start',
    origin: {
      entityId,
      ...(typeof parentId === 'string' ? { parentId } : {}),
      ...(typeof previousId === 'string' ? { previousId } : {}),
    },
  }
}
