/** Something hidden in a text, made readable. */
export interface Decoding {
  /** How it was hidden, such as `base64, gzip`. */
  readonly by: string
  readonly bytes: Uint8Array
}

/** Finds what one way of hiding hides. Never throws; gives no more than `bytesMax` each. */
export type Decoder = (text: string, bytesMax: number) => readonly Decoding[]

/** A text that came out, and how it was hidden. */
export interface ReadableText {
  readonly by: string
  readonly text: string
}

/** A text as what a decoder gives. */
export function textDecoding({ by, text }: ReadableText): Decoding {
  return { by, bytes: Buffer.from(text, 'utf8') }
}
