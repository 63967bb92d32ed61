import type { AlertRecord } from '@pomona/schema'

/** Who found an alert, in one word. */
export type Finders = 'host' | 'server' | 'both'

/** A record that says nothing was found by the server alone. */
export function findersOf({ found_by: names = ['server'] }: AlertRecord): Finders {
  if (!names.includes('host')) return 'server'
  return names.includes('server') ? 'both' : 'host'
}
