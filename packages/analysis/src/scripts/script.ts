import { readCompiledAppleScript } from './compiled-apple-script.ts'
import { FEATURE_RULES } from './features.ts'
import { type Indicators, IndicatorSet } from './indicators.ts'
import { type Language, languageOf } from './language.ts'
import { type Layer, uncover } from './layers.ts'
import { withoutData } from './runs.ts'
import { SCRIPT_LIMITS, type ScriptLimits } from './limits.ts'

/** Something a script does, with the first place where it does it. */
export interface ScriptFeature {
  readonly feature: string
  readonly meaning: string
  readonly techniques: readonly string[]
  /** Index of the layer, 0 for the script itself. */
  readonly layer: number
  /** Line in the layer, from 1. */
  readonly line: number
  /** The words that show it, cut to 200 characters. */
  readonly excerpt: string
}

/** What a script is and does, as far as its text tells. */
export interface ScriptReport extends Language {
  /** The script, then what it hides. */
  readonly layers: readonly Layer[]
  readonly features: readonly ScriptFeature[]
  readonly indicators: Indicators
  /** Whether a limit left something unread. */
  readonly isCut: boolean
}

const EXCERPT_LENGTH_MAX = 200
/** Languages in which lines are commands, or hold such. */
const COMMAND_LANGUAGES: ReadonlySet<string> = new Set([
  'applescript',
  'applescript_compiled',
  'shell',
])

/**
 * Reads a script without running it: language, what it hides, what it does, what it names.
 *
 * @param name Of the file, without folders; some languages are told by it.
 * @returns    Undefined when the bytes are no script.
 * @throws     Never.
 */
export function analyzeScript(
  bytes: Uint8Array,
  name: string,
  options: Partial<ScriptLimits> = {},
): ScriptReport | undefined {
  const language = languageOf(bytes, name)
  if (language === undefined) return undefined
  const limits = { ...SCRIPT_LIMITS, ...options }
  const head = bytes.subarray(0, limits.textBytesMax)
  const text = language.language === 'applescript_compiled' ? compiledText(head) : decodedText(head)
  const { layers, isCut } = uncover(text, limits)
  const indicators = new IndicatorSet(limits.findingsMax)
  const isCommands = COMMAND_LANGUAGES.has(language.language)
  for (const { text: one, depth } of layers) {
    if (one !== undefined) indicators.take(one, isCommands || depth > 0)
  }
  return {
    ...language,
    layers,
    features: featuresOf(layers, limits),
    indicators: indicators.result(),
    isCut: isCut || bytes.length > limits.textBytesMax,
  }
}

function decodedText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replaceAll('\r\n', '\n').replaceAll('\r', '\n')
}

/** Events by their names, then the literals: what the source would have had, without its order. */
function compiledText(bytes: Uint8Array): string {
  const { events, texts } = readCompiledAppleScript(bytes)
  return [...events, ...texts].join('\n')
}

/** The first place of every feature, the script's own layer before those hidden in it. */
function featuresOf(
  layers: readonly Layer[],
  { featureTextMax, findingsMax }: ScriptLimits,
): readonly ScriptFeature[] {
  const found: ScriptFeature[] = []
  const missing = new Set(FEATURE_RULES)
  let left = featureTextMax * LAYERS_OF_FEATURES
  for (const [layer, { text }] of layers.entries()) {
    if (text === undefined || left <= 0) continue
    const words = withoutData(text).slice(0, Math.min(featureTextMax, left))
    left -= words.length
    for (const rule of missing) {
      const match = words.matchAll(rule.pattern).next().value
      if (match === undefined || found.length >= findingsMax) continue
      missing.delete(rule)
      const { feature, meaning, techniques } = rule
      const line = words.slice(0, match.index).split('\n').length
      const excerpt = match[0].trim().slice(0, EXCERPT_LENGTH_MAX)
      found.push({ feature, meaning, techniques, layer, line, excerpt })
    }
  }
  return found
}

/** How many full texts are looked through in all; what hides is small. */
const LAYERS_OF_FEATURES = 4
