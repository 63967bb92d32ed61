import { createHash } from 'node:crypto'
import type { Decoder } from './decoders/decoding.ts'
import { decodeBase32, decodeBase64, decodeHex } from './decoders/encoded.ts'
import { decodeOpenssl } from './decoders/openssl.ts'
import {
  decodeCodes,
  decodeEscapes,
  decodeJoined,
  decodeReversed,
  decodeTranslated,
  decodeVariables,
} from './decoders/rewritten.ts'
import { isText } from './language.ts'
import type { ScriptLimits } from './limits.ts'

/** A text of a script: itself, or something that was hidden in another layer. */
export interface Layer {
  /** How it was hidden; absent for the script itself. */
  readonly by?: string
  /** Index of the layer it was hidden in. */
  readonly parent?: number
  readonly depth: number
  readonly bytes: Uint8Array
  /** As text; absent for a file that was hidden, such as a program. */
  readonly text?: string
}

/** What was found, and whether there is more. */
export interface Layers {
  readonly layers: readonly Layer[]
  readonly isCut: boolean
}

const DECODERS: readonly Decoder[] = [
  decodeBase64,
  decodeOpenssl,
  decodeHex,
  decodeEscapes,
  decodeCodes,
  decodeVariables,
  decodeJoined,
  decodeReversed,
  decodeTranslated,
  decodeBase32,
]

/** Signs that a text turned around or exchanged is a text and not chance. */
const MEANING =
  /https?:\/\/|\bcurl\b|\/bin\/|\bosascript\b|\bpython|\becho\b|\bsudo\b|\/tmp\/|\bimport\b|\beval\b|\/Library\//i
const CHANCE = new Set(['letters exchanged', 'reversed'])

/**
 * Uncovers what a text hides, layer by layer, breadth first. Each way of hiding is undone as the
 * script could do it; nothing of the script is run.
 */
export function uncover(text: string, limits: ScriptLimits): Layers {
  const layers: Layer[] = [{ depth: 0, bytes: Buffer.from(text), text }]
  const seen = new Set([digestOf(Buffer.from(text))])
  let bytes = 0
  let isCut = false
  for (let index = 0; index < layers.length; index++) {
    const layer = layers[index]
    if (layer?.text === undefined) continue
    if (layer.depth >= limits.depthMax) {
      isCut = true
      continue
    }
    for (const decoder of DECODERS) {
      for (const { by, bytes: hidden } of decoder(layer.text, limits.textBytesMax)) {
        const digest = digestOf(hidden)
        if (hidden.length === 0 || seen.has(digest)) continue
        const found = isText(hidden) ? Buffer.from(hidden).toString('utf8') : undefined
        if (CHANCE.has(by) && !MEANING.test(found ?? '')) continue
        bytes += hidden.length
        if (layers.length >= limits.layersMax || bytes > limits.layerBytesMax) {
          return { layers, isCut: true }
        }
        seen.add(digest)
        const place = { by, parent: index, depth: layer.depth + 1, bytes: hidden }
        layers.push(found === undefined ? place : { ...place, text: found })
      }
    }
  }
  return { layers, isCut }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
