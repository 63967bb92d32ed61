const NAME_CHARS_MAX = 128

/** Edits (insert, delete, replace, swap neighbours) between two names; case does not count. */
export function editDistance(left: string, right: string): number {
  const source = left.toLowerCase()
  const target = right.toLowerCase()
  let before: number[] = []
  let previous = Array.from({ length: target.length + 1 }, (_, index) => index)
  for (let row = 1; row <= source.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= target.length; column += 1) {
      const same = source[row - 1] === target[column - 1]
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped =
        row > 1 &&
        column > 1 &&
        source[row - 1] === target[column - 2] &&
        source[row - 2] === target[column - 1]
      if (swapped) best = Math.min(best, (before[column - 2] ?? 0) + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[target.length] ?? 0
}

/**
 * Finds the valid name a mistyped one was probably meant to be.
 *
 * @returns The nearest name within a third of the length (at least 2 edits), or `undefined`.
 *          Names over 128 characters are nobody's typing error and get no answer.
 */
export function nearestName(name: string, valid: Iterable<string>): string | undefined {
  if (name.length > NAME_CHARS_MAX) return undefined
  let nearest: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of valid) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const distance = editDistance(name, candidate)
    if (distance < least) {
      least = distance
      nearest = candidate
    }
  }
  return nearest
}
