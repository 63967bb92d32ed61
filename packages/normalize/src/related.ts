import type { Document, RelatedPart } from './document.ts'
import type { ActorParts } from './process/image.ts'

function push(list: string[], value: string | undefined): void {
  if (value !== undefined && !list.includes(value)) list.push(value)
}

/**
 * Collects the users, addresses and hashes of an event.
 * Most events add nothing to those of the actor, whose part is then shared.
 */
export function relatedOf(
  document: Document,
  actor: ActorParts,
  users: readonly string[] | undefined,
): RelatedPart | undefined {
  const { user, source, file } = document
  const isActorOnly =
    user === actor.user && source === undefined && file?.hash === undefined && users === undefined
  if (isActorOnly) return actor.related
  const names: string[] = []
  const hashes: string[] = []
  push(names, user?.name)
  push(names, user?.target?.name)
  for (const name of users ?? []) push(names, name)
  for (const name of actor.related?.user ?? []) push(names, name)
  for (const hash of actor.related?.hash ?? []) push(hashes, hash)
  push(hashes, file?.hash?.sha256)
  push(hashes, file?.hash?.cdhash)
  const ip = source?.ip
  const related = {
    ...(names.length > 0 && { user: names }),
    ...(ip !== undefined && { ip: [ip] }),
    ...(hashes.length > 0 && { hash: hashes }),
  }
  return Object.keys(related).length === 0 ? undefined : related
}
