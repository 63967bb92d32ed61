import { type EcsEvent, EVENT_CHARACTERS_MAX } from '@pomona/schema'

/**
 * The JSON text of an event with the time at which it was read. The record it was made of is left
 * out where it would make the event larger than the server takes.
 */
export function textOf(event: EcsEvent, created: string): string | undefined {
  const text = JSON.stringify({ ...event, event: { ...event.event, created } })
  if (text.length <= EVENT_CHARACTERS_MAX) return text
  const { original: _, ...rest } = event.event ?? {}
  const shorter = JSON.stringify({ ...event, event: { ...rest, created } })
  return shorter.length <= EVENT_CHARACTERS_MAX ? shorter : undefined
}
