import { hash } from 'node:crypto'
import type { Indicators } from '../scripts/indicators.ts'
import { analyzeScript, type ScriptFeature } from '../scripts/script.ts'

/** A text or file that a script hides, without its content. */
export interface HiddenLayer {
  /** How it is hidden, such as `base64, gzip`. */
  readonly by: string
  /** Index of the layer it is hidden in; 0 is the script. */
  readonly parent: number
  readonly size: number
  readonly sha256: string
  /** Whether it is text; otherwise a file, such as a program. */
  readonly text: boolean
}

/** A script, as a report tells it. */
export interface ScriptSummary {
  readonly language: string
  readonly interpreter?: string
  /** The first has index 1. */
  readonly hidden: readonly HiddenLayer[]
  readonly features: readonly ScriptFeature[]
  readonly indicators: Indicators
  /** Whether a limit left something unread. */
  readonly cut: boolean
}

/** Sums up a script; undefined when the bytes are none. @param name Of the file. */
export function scriptReport(bytes: Uint8Array, name: string): ScriptSummary | undefined {
  const script = analyzeScript(bytes, name)
  if (script === undefined) return undefined
  const { language, interpreter, features, indicators, isCut } = script
  const hidden = script.layers.flatMap(({ by, parent, bytes: content, text }) => {
    if (by === undefined || parent === undefined) return []
    const sha256 = hash('sha256', content, 'hex')
    return [{ by, parent, size: content.length, sha256, text: text !== undefined }]
  })
  return {
    language,
    ...(interpreter !== undefined && { interpreter }),
    hidden,
    features,
    indicators,
    cut: isCut,
  }
}
