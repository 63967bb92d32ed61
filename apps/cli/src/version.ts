import { readFileSync } from 'node:fs'

/** The version of this program, as its package.json says. */
export function version(): string {
  const manifest = new URL('../package.json', import.meta.url)
  // Our own file, which has a version.
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
}
