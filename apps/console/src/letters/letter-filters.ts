/** Filters of the queue of dead letters. */
export const LETTER_FACETS = ['stage', 'reason', 'host'] as const
/** One of {@link LETTER_FACETS}. */
export type LetterFacet = (typeof LETTER_FACETS)[number]

const VALUES_MAX = 50

/** The filters of an address, and nothing else of it. */
export function letterFilters(parameters: URLSearchParams): URLSearchParams {
  const filters = new URLSearchParams()
  for (const name of LETTER_FACETS) {
    for (const value of parameters.getAll(name).slice(0, VALUES_MAX)) filters.append(name, value)
  }
  const q = parameters.get('q') ?? ''
  if (q !== '') filters.set('q', q)
  return filters
}

/** Filters with a value more, or less when it was among them. */
export function toggleFilter(
  filters: URLSearchParams,
  { name, value }: { readonly name: LetterFacet; readonly value: string },
): URLSearchParams {
  const next = new URLSearchParams(filters)
  if (next.has(name, value)) next.delete(name, value)
  else next.append(name, value)
  return next
}
