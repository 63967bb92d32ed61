import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a change was asked for by a page of ours. Cookies are SameSite=Strict already; this also
 * covers sibling origins of the same site, which SameSite lets through.
 *
 * @param allowed Origins of the console, such as `https://edr.example:8443`.
 * @see Fetch Metadata Request Headers; OWASP CSRF Prevention Cheat Sheet.
 */
export function comesFromUs(headers: IncomingHttpHeaders, allowed: ReadonlySet<string>): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  const { origin } = headers
  if (origin !== undefined) return allowed.has(origin)
  return site === 'same-origin'
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
const LOOPBACKS: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/** Where the server listens, and under which address people know it. */
export interface Listening {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** What people type, when a proxy or a name stands before the server. */
  readonly publicUrl: string | undefined
}

/** The origins pages may come from; the first is the one to print. */
export function originsOf(listening: Listening): readonly [string, ...string[]] {
  if (listening.publicUrl !== undefined) return [new URL(listening.publicUrl).origin]
  const scheme = listening.tls ? 'https' : 'http'
  const at = (host: string): string =>
    new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${listening.port}`).origin
  const { host } = listening
  if (!LOOPBACKS.has(host) && !WILDCARDS.has(host)) return [at(host)]
  return [at(host === '::1' ? '::1' : '127.0.0.1'), at('localhost'), at('::1')]
}

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACKS.has(host)
}
