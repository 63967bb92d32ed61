import type { Random } from '@pomona/schema'
import { fraction } from '../uplink/backoff.ts'

/** Part of the second half of a certificate's life over which a fleet's renewals are spread. */
const SPREAD = 0.2

/**
 * When to renew: at half of the certificate's life, and a random while later, so that hosts that
 * enrolled together do not renew together. Fourteen days are left then for a server that is away.
 *
 * @param span When the certificate begins and ends, milliseconds since 1970.
 */
export function renewalMs(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  random: Random,
): number {
  const lifeMs = toMs - fromMs
  return fromMs + lifeMs / 2 + lifeMs * (SPREAD / 2) * fraction(random)
}
