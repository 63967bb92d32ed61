/** Last part of a path, or `undefined` when it has none (`/`, or a trailing slash). */
export function pathName(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name === '' ? undefined : name
}

/** Path without its last part, or `undefined` when there is none. */
export function pathDirectory(path: string): string | undefined {
  const slash = path.lastIndexOf('/')
  if (slash < 0 || path.length === 1) return undefined
  return slash === 0 ? '/' : path.slice(0, slash)
}

/** Extension of a file name without its dot; a leading dot alone makes none (`.zshrc`). */
export function nameExtension(name: string): string | undefined {
  const dot = name.lastIndexOf('.')
  return dot <= 0 || dot === name.length - 1 ? undefined : name.slice(dot + 1)
}

/** A directory and the name of something in it. */
export interface PathParts {
  readonly directory: string
  readonly name: string
}

/** Puts a directory and a relative path together, with one slash between them. */
export function joinPath({ directory, name }: PathParts): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`
}

const FILE_SCHEME = 'file://'

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign or bytes that are no UTF-8: the text as it came is the best there is.
    return text
  }
}

/**
 * Turns a `file:` URL into a path; text that is no such URL is taken as a path already.
 * Background items name their files both ways. A trailing slash, which marks a directory, is
 * removed.
 *
 * @returns The path, or `undefined` when nothing is left.
 * @throws  Never: escapes that cannot be decoded stay as they are.
 */
export function pathOfFileUrl(text: string): string | undefined {
  let path = text
  if (text.startsWith(FILE_SCHEME)) {
    const slash = text.indexOf('/', FILE_SCHEME.length)
    if (slash < 0) return undefined
    path = percentDecoded(text.slice(slash))
  }
  while (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1)
  return path === '' ? undefined : path
}

/** Two places a relative path may start from. */
export interface PathBase {
  readonly path: string
  readonly base: string | undefined
}

/** The path, put under `base` when it is relative and a base is known; `..` is not resolved. */
export function resolvePath({ path, base }: PathBase): string {
  if (path.startsWith('/') || base === undefined) return path
  return joinPath({ directory: base, name: path })
}
