import { z } from 'zod'
import { type AlertFilters, FILTERS_DEFAULT, formatFilters, parseFilters } from './filters.ts'

/** A set of filters under a name. */
export interface SavedView {
  readonly name: string
  readonly filters: AlertFilters
}

/** Views that everybody has; their names are in the catalogues under `views`. */
export const BUILT_IN_VIEWS = [
  { key: 'open', filters: FILTERS_DEFAULT },
  { key: 'urgent', filters: { ...FILTERS_DEFAULT, severity: ['high', 'critical'] } },
  { key: 'untouched', filters: { ...FILTERS_DEFAULT, status: ['new'] } },
  { key: 'closed_week', filters: { ...FILTERS_DEFAULT, status: ['closed'], from: '-7d' } },
  { key: 'everything', filters: { ...FILTERS_DEFAULT, status: [] } },
] as const satisfies readonly { readonly key: string; readonly filters: AlertFilters }[]

const VIEWS_MAX = 30
const NAME_LENGTH_MAX = 60

const Stored = z.array(
  z.object({ name: z.string().min(1).max(NAME_LENGTH_MAX), query: z.string().max(4000) }),
)

/** Reads what `formatViews` wrote; anything else in the browser's storage is no view. */
export function parseViews(text: string | undefined): readonly SavedView[] {
  if (text === undefined) return []
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // Not ours, or cut off: start without views rather than not at all.
    return []
  }
  const stored = Stored.safeParse(json)
  if (!stored.success) return []
  return stored.data
    .slice(0, VIEWS_MAX)
    .map(({ name, query }) => ({ name, filters: parseFilters(new URLSearchParams(query)) }))
}

/** Writes views for the browser's storage: each is the address it stands for. */
export function formatViews(views: readonly SavedView[]): string {
  return JSON.stringify(
    views.map(({ name, filters }) => ({ name, query: formatFilters(filters).toString() })),
  )
}

/** Adds a view; one of the same name is replaced, and the oldest go when there are too many. */
export function addView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  const name = view.name.trim().slice(0, NAME_LENGTH_MAX)
  if (name === '') return views
  const others = views.filter((other) => other.name !== name)
  return [...others, { ...view, name }].slice(-VIEWS_MAX)
}
