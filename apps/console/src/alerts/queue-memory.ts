/** The queue as it was left: where "back" leads, and which alerts stand before and after one. */
interface QueueMemory {
  search: string
  ids: readonly string[]
  current: number
}

// One tab has one queue in mind; leaving the page forgets it.
const memory: QueueMemory = { search: '', ids: [], current: -1 }

/** Remembers what the queue shows. */
export function rememberQueue(next: QueueMemory): void {
  Object.assign(memory, next)
}

/** Path of the queue as it was left. */
export function queuePath(): string {
  return memory.search === '' ? '/alerts' : `/alerts?${memory.search}`
}

/** Place of the keyboard in the queue as it was left, if the queue is the same one. */
export function rememberedRow(search: string): number {
  return memory.search === search ? memory.current : -1
}

/** The alert `step` places after this one in the queue as it was left. */
export function neighbour(id: string, step: 1 | -1): string | undefined {
  const index = memory.ids.indexOf(id)
  return index < 0 ? undefined : memory.ids[index + step]
}
