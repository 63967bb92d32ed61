import { AUTHENTICATION_EVENTS } from './authentication.ts'
import { AUTHORIZATION_EVENTS } from './authorization.ts'
import { CONFIGURATION_EVENTS } from './configuration.ts'
import { DEVICE_EVENTS } from './devices.ts'
import { DIRECTORY_EVENTS } from './directory.ts'
import { classification, entry, type EventEntry } from './entry.ts'
import { FILE_EVENTS } from './files.ts'
import { MALWARE_EVENTS } from './malware.ts'
import { MEMORY_EVENTS } from './memory.ts'
import { PROCESS_EVENTS } from './processes.ts'
import { SOCKET_EVENTS } from './sockets.ts'

/** All NOTIFY event types of Endpoint Security up to macOS 27, by family. */
export const EVENT_ENTRIES: readonly EventEntry[] = [
  ...PROCESS_EVENTS,
  ...FILE_EVENTS,
  ...MEMORY_EVENTS,
  ...SOCKET_EVENTS,
  ...DEVICE_EVENTS,
  ...AUTHENTICATION_EVENTS,
  ...AUTHORIZATION_EVENTS,
  ...DIRECTORY_EVENTS,
  ...CONFIGURATION_EVENTS,
  ...MALWARE_EVENTS,
]

// Jamf's recorder drops a letter of this name, and the peer pipeline that expects Apple's loses the
// event.
const ALIASES: readonly (readonly [spelling: string, action: string])[] = [
  ['cs_invalidate', 'cs_invalidated'],
]

const BY_ACTION = new Map(EVENT_ENTRIES.map((one) => [one.action, one]))

const UNKNOWN_CLASS = classification({ category: ['process'], type: ['info'] })

/** The entry of an event type, by the key in the record's `event`. */
export const EVENT_ENTRY_BY_KEY: ReadonlyMap<string, EventEntry> = new Map([
  ...BY_ACTION,
  ...ALIASES.flatMap(([spelling, action]) => {
    const found = BY_ACTION.get(action)
    return found === undefined ? [] : [[spelling, found] as const]
  }),
])

/**
 * The entry for an event type the table does not know yet: the process is filled, nothing is lost.
 */
export function unknownEntry(action: string): EventEntry {
  return entry(action, UNKNOWN_CLASS)
}
