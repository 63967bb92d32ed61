/**
 * Headers of every answer. A page needs scripts and styles of its own; an answer of the API needs
 * nothing.
 */
export interface HeaderOptions {
  /** The server speaks TLS itself, so browsers may be told to never come back without. */
  readonly tls: boolean
}

const HSTS_SECONDS = 31_536_000

/** Headers that hold for every answer. */
export function baseHeaders({ tls }: HeaderOptions): Readonly<Record<string, string>> {
  return {
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
    ...(tls ? { 'strict-transport-security': `max-age=${HSTS_SECONDS}` } : {}),
  }
}

/**
 * The policy of the console's page: scripts are files of ours only; styles may also carry this
 * answer's nonce, because Mantine writes one style element.
 */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}
