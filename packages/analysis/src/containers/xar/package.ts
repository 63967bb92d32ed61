import { xmlAttribute, xmlTokens } from '../../markup/xml.ts'
import type { Entry } from '../entry.ts'
import type { ReadContext } from '../format.ts'
import { baseName, parentOf } from '../paths.ts'

const DOCUMENT_BYTES_MAX = 4_194_304
const TAGS_MAX = 20_000

/** Attributes of the root of PackageInfo, and the names of their facts. */
const INFO: Readonly<Record<string, string>> = {
  auth: 'auth',
  identifier: 'identifier',
  'install-location': 'install_location',
  version: 'version',
}

/**
 * What an installer package says it will do: identifier, place, and the scripts it runs as root.
 * A component's facts bear the name of its folder before them.
 */
export function packageFacts(entry: Entry, context: ReadContext): void {
  const name = baseName(entry.path)
  const isDescription = name === 'PackageInfo' || name === 'Distribution'
  if (!isDescription || entry.read === undefined) return
  const { bytes } = entry.read(DOCUMENT_BYTES_MAX)
  const document = Buffer.from(bytes).toString('utf8')
  const component = parentOf(entry.path)
  const prefix = component === '' ? '' : `${component}:`
  const scripts: string[] = []
  let tags = 0
  for (const token of xmlTokens(document)) {
    if (++tags > TAGS_MAX) break
    if (token.kind !== 'open') continue
    if (token.name === 'pkg-info') {
      for (const [attribute, fact] of Object.entries(INFO)) {
        const value = xmlAttribute(token, attribute)
        if (value !== undefined) context.fact(prefix + fact, value)
      }
    } else if (/^(pre|post)(install|upgrade|flight)$/.test(token.name)) {
      scripts.push(`${token.name} ${xmlAttribute(token, 'file') ?? ''}`.trim())
    }
  }
  if (scripts.length > 0) context.fact(`${prefix}scripts`, scripts.join(', '))
  if (name === 'Distribution') {
    // JavaScript of a distribution runs before anything is confirmed; `system.run` starts programs.
    context.fact('distribution_script', /<script\b/.test(document))
    context.fact('distribution_runs_programs', /\bsystem\.run(Once)?\s*\(/.test(document))
  }
}
