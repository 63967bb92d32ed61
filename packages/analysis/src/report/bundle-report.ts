import type { Bundle } from '../containers/bundles.ts'

/** A bundle, as a report tells it. */
export interface BundleSummary {
  /** Of its folder: one path for each container it is in. */
  readonly path: readonly string[]
  readonly identifier?: string
  readonly name?: string
  readonly version?: string
  readonly minimum_system?: string
  /** The main executable, when it is there. */
  readonly executable?: readonly string[]
  /** No icon in the Dock. */
  readonly hidden: boolean
  readonly sealed: boolean
  readonly ticket: boolean
  readonly environment: Readonly<Record<string, string>>
  readonly url_schemes: readonly string[]
}

/** Sums up a bundle. */
export function bundleReport({ path, info, executable, ...state }: Bundle): BundleSummary {
  const { identifier, name, version, minimumSystem } = info
  return {
    path,
    ...(identifier !== undefined && { identifier }),
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(minimumSystem !== undefined && { minimum_system: minimumSystem }),
    ...(executable !== undefined && { executable }),
    hidden: info.isHidden,
    sealed: state.isSealed,
    ticket: state.hasTicket,
    environment: Object.fromEntries(info.environment),
    url_schemes: info.urlSchemes,
  }
}
