/**
 * Ends a `switch` over a union: that every case was handled is checked when types are, and a value
 * that came by anyway is a bug of ours.
 *
 * @throws Error always.
 */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`)
}
