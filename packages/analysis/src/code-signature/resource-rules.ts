import type { PlistMap } from '../plist/value.ts'
import { plistMap } from '../plist/value.ts'

/** What a rule does with the files it names. */
export interface ResourceRule {
  readonly pattern: string
  readonly weight: number
  readonly omit: boolean
  readonly optional: boolean
  /** Files it names are code with a signature of their own. */
  readonly nested: boolean
}

/** What the rules say of one file: the heaviest rule that names it. */
export type ResourcePlace = 'sealed' | 'nested' | 'optional' | 'omitted' | 'unnamed'

// The patterns that codesign writes. A pattern is text of the file and never becomes an expression
// of ours; one that is not listed here is a problem of the report.
const PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  ['^.*', /^.*/s],
  ['^.*\\.lproj/', /^.*\.lproj\//s],
  ['^.*\\.lproj/locversion.plist$', /^.*\.lproj\/locversion.plist$/s],
  ['^Base\\.lproj/', /^Base\.lproj\//],
  ['^Info\\.plist$', /^Info\.plist$/],
  ['^PkgInfo$', /^PkgInfo$/],
  ['.*\\.dSYM($|/)', /\.dSYM($|\/)/],
  ['^(.*/)?\\.DS_Store$', /^(.*\/)?\.DS_Store$/s],
  ['^[^/]+$', /^[^/]+$/],
  ['^embedded\\.provisionprofile$', /^embedded\.provisionprofile$/],
  ['^version\\.plist$', /^version\.plist$/],
  ['^version.plist$', /^version.plist$/],
  ['^Resources/', /^Resources\//],
  ['^Resources/.*\\.lproj/', /^Resources\/.*\.lproj\//s],
  ['^Resources/.*\\.lproj/locversion.plist$', /^Resources\/.*\.lproj\/locversion.plist$/s],
  ['^Resources/Base\\.lproj/', /^Resources\/Base\.lproj\//],
  [
    '^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS|' +
      'Library/(Automator|Spotlight|LoginItems))/',
    /^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS|Library\/(Automator|Spotlight|LoginItems))\//,
  ],
])

/** Whether a pattern is one of those that are known. */
export function isKnownPattern(pattern: string): boolean {
  return PATTERNS.has(pattern)
}

/** Reads `rules2`: a pattern with `true`, or with a dictionary of what it does. */
export function readResourceRules(rules: PlistMap): readonly ResourceRule[] {
  return [...rules].map(([pattern, value]) => {
    const map = plistMap(value)
    const weight = map?.get('weight')
    return {
      pattern,
      weight: typeof weight === 'number' ? weight : 1,
      omit: value === false || map?.get('omit') === true,
      optional: map?.get('optional') === true,
      nested: map?.get('nested') === true,
    }
  })
}

/** What the rules say of a path: relative to the folder `Contents`, with slashes. */
export function placeOf(path: string, rules: readonly ResourceRule[]): ResourcePlace {
  let best: ResourceRule | undefined
  for (const rule of rules) {
    const named = PATTERNS.get(rule.pattern)?.test(path) === true
    if (named && (best === undefined || rule.weight > best.weight)) best = rule
  }
  if (best === undefined) return 'unnamed'
  if (best.omit) return 'omitted'
  return best.nested ? 'nested' : best.optional ? 'optional' : 'sealed'
}
