/**
 * Ends a `switch` over a union: compiles only when every case is covered. @throws Error, our bug.
 */
export function assertNever(value: never): never {
  throw new Error(`Unexpected case: ${JSON.stringify(value)}`)
}
