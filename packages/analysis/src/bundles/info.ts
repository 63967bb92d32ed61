import type { Budget } from '../bytes/budget.ts'
import { readPlist } from '../plist/plist.ts'
import { plistList, plistMap, plistText, type PlistValue } from '../plist/value.ts'

/** What a bundle says about itself in its Info.plist. */
export interface BundleInfo {
  readonly identifier?: string
  readonly name?: string
  readonly version?: string
  /** Name of the main executable, beside which it is looked for in `Contents/MacOS`. */
  readonly executable?: string
  /** Kind of package: `APPL`, `FMWK`, `BNDL`, `XPC!`. */
  readonly packageType?: string
  readonly minimumSystem?: string
  /** No icon in the Dock: LSUIElement or LSBackgroundOnly. */
  readonly isHidden: boolean
  /** Variables that Launch Services sets for it. */
  readonly environment: ReadonlyMap<string, string>
  /** Schemes of addresses it wants to open. */
  readonly urlSchemes: readonly string[]
  /** What Electron promises of its archives: path in the bundle, and hash of the header. */
  readonly asarIntegrity: readonly AsarIntegrity[]
}

/** The promise for one archive. */
export interface AsarIntegrity {
  readonly path: string
  readonly algorithm: string
  /** Hexadecimal, lower case. */
  readonly hash: string
}

/** Reads an Info.plist. @throws AnalysisError when it is no property list. */
export function readBundleInfo(bytes: Uint8Array, budget: Budget): BundleInfo {
  const list = plistMap(readPlist(bytes, budget)) ?? new Map<string, PlistValue>()
  const text = (key: string) => plistText(list.get(key))
  const identifier = text('CFBundleIdentifier')
  const name = text('CFBundleDisplayName') ?? text('CFBundleName')
  const version = text('CFBundleShortVersionString') ?? text('CFBundleVersion')
  const executable = text('CFBundleExecutable')
  const packageType = text('CFBundlePackageType')
  const minimumSystem = text('LSMinimumSystemVersion')
  return {
    ...(identifier !== undefined && { identifier }),
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(executable !== undefined && { executable }),
    ...(packageType !== undefined && { packageType }),
    ...(minimumSystem !== undefined && { minimumSystem }),
    isHidden: isYes(list.get('LSUIElement')) || isYes(list.get('LSBackgroundOnly')),
    environment: environmentOf(list.get('LSEnvironment')),
    urlSchemes: (plistList(list.get('CFBundleURLTypes')) ?? []).flatMap((type) =>
      textsOf(plistMap(type)?.get('CFBundleURLSchemes')),
    ),
    asarIntegrity: integrityOf(list.get('ElectronAsarIntegrity')),
  }
}

/** Launch Services takes numbers and texts for an answer as well. */
function isYes(value: PlistValue | undefined): boolean {
  return (
    value === true || value === 1 || (typeof value === 'string' && /^(1|yes|true)$/i.test(value))
  )
}

function textsOf(value: PlistValue | undefined): readonly string[] {
  return (plistList(value) ?? []).filter((one) => typeof one === 'string')
}

function environmentOf(value: PlistValue | undefined): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const [key, one] of plistMap(value) ?? []) {
    if (typeof one === 'string') variables.set(key, one)
  }
  return variables
}

function integrityOf(value: PlistValue | undefined): readonly AsarIntegrity[] {
  return [...(plistMap(value) ?? [])].flatMap(([path, promise]) => {
    const algorithm = plistText(plistMap(promise)?.get('algorithm'))
    const hash = plistText(plistMap(promise)?.get('hash'))
    if (algorithm === undefined || hash === undefined) return []
    return [{ path, algorithm, hash: hash.toLowerCase() }]
  })
}
