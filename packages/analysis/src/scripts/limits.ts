/** Bounds of reading a script. */
export interface ScriptLimits {
  /** Bytes of a text that are looked at; the rest is left. */
  readonly textBytesMax: number
  /** Characters of a layer in which features are looked for, long runs of data left out. */
  readonly featureTextMax: number
  /** Texts found hidden in each other, the script itself the first. */
  readonly layersMax: number
  /** How often something hidden may hide something. */
  readonly depthMax: number
  /** Bytes of all layers together. */
  readonly layerBytesMax: number
  /** Features, and indicators of each kind, that are kept. */
  readonly findingsMax: number
}

/** Scripts of people are smaller by far. */
export const SCRIPT_LIMITS: ScriptLimits = {
  textBytesMax: 2_097_152,
  featureTextMax: 262_144,
  layersMax: 64,
  depthMax: 8,
  layerBytesMax: 16_777_216,
  findingsMax: 500,
}
