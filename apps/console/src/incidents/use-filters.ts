import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { formatFilters, type IncidentFilters, parseFilters } from './filters.ts'

/** Changes the filters; `replace` leaves no step for the back button, as while typing. */
export type SetFilters = (
  filters: IncidentFilters,
  options?: { readonly replace?: boolean },
) => void

/** The list's filters, kept in the address and nowhere else. */
export function useFilters(): readonly [IncidentFilters, SetFilters] {
  const [parameters, setParameters] = useSearchParams()
  const text = parameters.toString()
  const filters = useMemo(() => parseFilters(new URLSearchParams(text)), [text])
  const setFilters = useCallback<SetFilters>(
    (next, options) => setParameters(formatFilters(next), { replace: options?.replace === true }),
    [setParameters],
  )
  return [filters, setFilters]
}
