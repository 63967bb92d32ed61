/** Names and places of the installed agent; everything else is derived from these. */
export interface Product {
  /** Bundle and signing identifier, such as `io.pomona.agent`; also the launchd label. */
  readonly bundleId: string
  /** Such as `0.1.0`: digits and dots, as bundles want it. */
  readonly version: string
}

/** Bundle id of the project's own builds. */
export const BUNDLE_ID_DEFAULT = 'io.pomona.agent'
/** Where everything lies that the package installs, but for the launchd property list. */
export const INSTALL_FOLDER = 'Library/Application Support/Pomona'
/** The application bundle. */
export const BUNDLE_FOLDER = `${INSTALL_FOLDER}/Pomona Agent.app`
/** The program launchd starts: the one that macOS grants permissions to. */
export const EXECUTABLE = `${BUNDLE_FOLDER}/Contents/MacOS/pomona-agent`
/** Oldest macOS the agent runs on: `eslogger` begins there, and so does Bun. */
export const MACOS_MIN = '13.0'

const BUNDLE_ID = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/
const TEAM_ID = /^[A-Z0-9]{10}$/

/**
 * @throws Error for a bundle id that would not survive in paths, scripts and requirements.
 */
export function checkBundleId(bundleId: string): string {
  if (BUNDLE_ID.test(bundleId) && bundleId.length <= 128) return bundleId
  throw new Error(`${JSON.stringify(bundleId)} is no bundle id, such as com.example.agent.`)
}

/** @throws Error unless it is ten capital letters and digits. */
export function checkTeamId(teamId: string): string {
  if (TEAM_ID.test(teamId)) return teamId
  throw new Error(`${JSON.stringify(teamId)} is no team id: ten capital letters and digits.`)
}

/** Path of the property list that launchd reads, relative to the root. */
export function launchdPath({ bundleId }: Product): string {
  return `Library/LaunchDaemons/${bundleId}.plist`
}
