/** The languages called EQL that are understood. */
export const EQL_DIALECTS = ['elasticsearch', 'endpoint', 'endgame'] as const

/** One of {@link EQL_DIALECTS}. */
export type EqlDialect = (typeof EQL_DIALECTS)[number]

/** What a dialect allows beyond the others. */
export interface DialectTraits {
  /** Texts are compared without case, `==` reads `*` and `?` as wildcards, `=` is `==`. */
  readonly loose: boolean
  /** `] as event0`, and fields of earlier steps. */
  readonly aliases: boolean
  /** `descendant of […]`, `child of […]`, `event of […]`. */
  readonly lineage: boolean
  /** One field compared with another. */
  readonly fieldComparison: boolean
  /** `![…]` and `with runs=n`. */
  readonly missingEvents: boolean
  /** `join`, `fork`, keys that are computed, methods, pipes beyond head and tail. */
  readonly endgame: boolean
}

/**
 * @see Elasticsearch, EQL syntax reference; endgame EQL 1.0, `eql.g`. The endpoint dialect has no
 *      published grammar: it is what Elastic's behaviour rules are written in.
 */
export const DIALECT_TRAITS: Readonly<Record<EqlDialect, DialectTraits>> = {
  elasticsearch: {
    loose: false,
    aliases: false,
    lineage: false,
    fieldComparison: false,
    missingEvents: true,
    endgame: false,
  },
  endpoint: {
    loose: false,
    aliases: true,
    lineage: true,
    fieldComparison: true,
    missingEvents: true,
    endgame: false,
  },
  endgame: {
    loose: true,
    aliases: false,
    lineage: true,
    fieldComparison: true,
    missingEvents: false,
    endgame: true,
  },
}

/** Bounds on one query; what exceeds them is refused with `ERR_RULE_TOO_LARGE`. */
export interface EqlLimits {
  readonly textCharsMax: number
  readonly tokensMax: number
  readonly depthMax: number
  /** Steps of a sequence, once runs are written out. */
  readonly stepsMax: number
  readonly keysMax: number
  readonly pipesMax: number
  /** Tests and formulas that a query comes to. */
  readonly leavesMax: number
}

/** The default bounds, far above any public rule. */
export const EQL_LIMITS: EqlLimits = {
  textCharsMax: 262_144,
  tokensMax: 50_000,
  depthMax: 64,
  stepsMax: 256,
  keysMax: 32,
  pipesMax: 32,
  leavesMax: 100_000,
}
