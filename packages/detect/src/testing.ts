// Test support: reads the event sets of SigmaHQ's regression data. They are Windows event log
// records as JSON objects, written one after another, not as JSON lines:
//   { "Event": { "System": { "EventID", "Channel", "Computer", "Provider": { "#attributes": {
//   "Name" } } },
//                "EventData": { <field>: <value>, … } } }

/** Splits a text of JSON objects that follow one another, with any blanks between. */
export function splitJsonObjects(text: string): readonly string[] {
  const objects: string[] = []
  let depth = 0
  let start = 0
  let isInString = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index)
    if (isInString) {
      if (char === '\\') index += 1
      else if (char === '"') isInString = false
    } else if (char === '"') isInString = true
    else if (char === '{') {
      if (depth === 0) start = index
      depth += 1
    } else if (char === '}') {
      depth -= 1
      if (depth === 0) objects.push(text.slice(start, index + 1))
    }
  }
  return objects
}

function own(node: unknown, key: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
  return (node as Readonly<Record<string, unknown>>)[key] // An own key, checked above.
}

/** Brings a Windows event log record to the flat form Sigma's taxonomy speaks of. */
export function flattenWindowsEvent(record: unknown): Readonly<Record<string, unknown>> {
  const event = own(record, 'Event')
  const system = own(event, 'System')
  const data = own(event, 'EventData')
  return {
    ...(typeof data === 'object' ? data : {}),
    EventID: own(system, 'EventID'),
    Channel: own(system, 'Channel'),
    Computer: own(system, 'Computer'),
    Provider_Name: own(own(own(system, 'Provider'), '#attributes'), 'Name'),
  }
}

/** A file of events; `path` only tells its form. */
export interface EventSet {
  readonly path: string
  readonly text: string
}

/**
 * Reads one event set: JSON objects, or with the extension `.raw` one log line a line, as
 * `message`.
 */
export function readEventSet({
  path,
  text,
}: EventSet): readonly Readonly<Record<string, unknown>>[] {
  if (path.endsWith('.raw')) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return lines.map((message) => ({ message }))
  }
  return splitJsonObjects(text).map((object) => flattenWindowsEvent(JSON.parse(object)))
}
