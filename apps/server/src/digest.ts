/** SHA-256 in hex, computed off the event loop. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // A view of our own buffer; Web Crypto's type excludes shared memory, which this never is.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Buffer.from(digest).toString('hex')
}

/** SHA-256 of a token, hex. Tokens are 256 random bits, so a fast hash without salt is enough. */
export function hashToken(token: string): Promise<string> {
  return sha256(Buffer.from(token))
}
