/** Where to go when an address names no place to return to. */
export const HOME = '/incidents'

/**
 * Accepts a path to return to after sign-in only when it stays inside the console.
 * `//host` and `/\host` are other sites to a browser; the sign-in pages would be a loop.
 */
export function returnPath(text: string | null): string {
  if (text === null || !/^\/(?![/\\])/.test(text)) return HOME
  // oxlint-disable-next-line no-control-regex -- browsers drop tabs and line breaks before they look
  if (/[\u0000-\u001f\\]/.test(text)) return HOME
  if (/^\/(sign-in|first-run)(?![\w-])/.test(text)) return HOME
  return text
}

/** Address of the sign-in page that comes back to `path`. */
export function signInPath(path: string): string {
  const target = returnPath(path)
  return target === HOME ? '/sign-in' : `/sign-in?return=${encodeURIComponent(target)}`
}

/**
 * Reads the one-time token from the fragment of the first-run link, which never reaches a server
 * log: `#token=…` or the bare token.
 */
export function fragmentToken(hash: string): string {
  const fragment = hash.replace(/^#/, '')
  return new URLSearchParams(fragment).get('token') ?? (/^[\w.~-]+$/.test(fragment) ? fragment : '')
}
