import { readFileSync } from 'node:fs'
import type { ServerConfig } from '../config.ts'

/** Reads certificate and key; `undefined` when the server speaks plain HTTP. */
export function tlsOf(
  config: ServerConfig,
): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  const { tls_cert: cert, tls_key: key } = config
  if (cert === undefined || key === undefined) return undefined
  return { cert: readFileSync(cert), key: readFileSync(key) }
}
