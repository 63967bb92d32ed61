import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { type AlertFilters, formatFilters, parseFilters } from './filters.ts'

/** Changes the filters; `replace` leaves no step for the back button, as while typing. */
export type SetFilters = (filters: AlertFilters, options?: { readonly replace?: boolean }) => void

/** The queue's filters, kept in the address and nowhere else. */
export function useFilters(): readonly [AlertFilters, SetFilters] {
  const [parameters, setParameters] = useSearchParams()
  const text = parameters.toString()
  const filters = useMemo(() => parseFilters(new URLSearchParams(text)), [text])
  const setFilters = useCallback<SetFilters>(
    (next, options) => setParameters(formatFilters(next), { replace: options?.replace === true }),
    [setParameters],
  )
  return [filters, setFilters]
}
