import { memberAt, textAt } from './json-cursor.ts'

/** Where an event body names a file: the keys to its object, and that of a name below it. */
interface FilePlace {
  readonly keys: readonly string[]
  /** Keys to the name of the file inside that folder. */
  readonly name?: readonly string[]
}

const file = (...keys: string[]): FilePlace => ({ keys })
const inside = (folder: readonly string[], name: readonly string[]): FilePlace => ({
  keys: folder,
  name,
})

const TARGET = [file('target')]

/** Every file an event names, by its type; see the event bodies in Apple's ESMessage.h. */
const PLACES: Readonly<Record<string, readonly FilePlace[]>> = {
  create: [
    file('destination', 'existing_file'),
    inside(['destination', 'new_path', 'dir'], ['destination', 'new_path', 'filename']),
  ],
  rename: [
    file('source'),
    file('destination', 'existing_file'),
    inside(['destination', 'new_path', 'dir'], ['destination', 'new_path', 'filename']),
  ],
  link: [file('source'), inside(['target_dir'], ['target_filename'])],
  clone: [file('source'), inside(['target_dir'], ['target_name'])],
  copyfile: [file('source'), file('target_file'), inside(['target_dir'], ['target_name'])],
  exchangedata: [file('file1'), file('file2')],
  open: [file('file')],
  unlink: TARGET,
  close: TARGET,
  write: TARGET,
  truncate: TARGET,
  setextattr: TARGET,
  deleteextattr: TARGET,
  setmode: TARGET,
  setflags: TARGET,
  setowner: TARGET,
}

/** The files a parsed event names; none when its type or its body is not as it should be. */
export function filePaths(type: string, body: unknown): readonly string[] {
  return paths(type, (keys) => valueBelow(body, keys))
}

/** The same from the text of an event, whose body begins at `bodyAt`. */
export function filePathsOfText(
  text: string,
  event: { readonly type: string; readonly bodyAt: number },
): readonly string[] {
  return paths(event.type, (keys) => textBelow(text, { at: event.bodyAt, keys }))
}

function paths(type: string, at: (keys: readonly string[]) => unknown): readonly string[] {
  const places = Object.hasOwn(PLACES, type) ? PLACES[type] : undefined
  const found: string[] = []
  for (const { keys, name } of places ?? []) {
    const path = at([...keys, 'path'])
    if (typeof path !== 'string') continue
    const below = name === undefined ? undefined : at(name)
    if (name === undefined) found.push(path)
    else if (typeof below === 'string') found.push(`${path}/${below}`)
  }
  return found
}

function valueBelow(value: unknown, keys: readonly string[]): unknown {
  let inner = value
  for (const key of keys) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    inner = Reflect.get(inner, key)
  }
  return inner
}

/** The text below an object, by its keys. */
export function textBelow(
  text: string,
  { at, keys }: { readonly at: number; readonly keys: readonly string[] },
): string | undefined {
  let object = at
  for (const key of keys) object = memberAt(text, { object, key })
  return textAt(text, object)
}
