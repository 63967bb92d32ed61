/** The `__Host-` prefix makes browsers insist on Secure, Path=/ and no Domain. */
export const SESSION_COOKIE = '__Host-pomona'

const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/** The `set-cookie` value that gives a browser its session. */
export function sessionCookie(token: string): string {
  return `${SESSION_COOKIE}=${token}; ${ATTRIBUTES}`
}

/** The `set-cookie` value that takes it away. */
export const SESSION_COOKIE_END = `${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** The session token of a `cookie` header; `undefined` when there is none of the right form. */
export function sessionTokenOf(header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === SESSION_COOKIE && value !== undefined && TOKEN.test(value)) return value
  }
  return undefined
}
