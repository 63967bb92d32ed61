/**
 * Every way this package fails by exception.
 *
 * - `ERR_ANALYSIS_TRUNCATED`: a structure reaches beyond the bytes there are.
 * - `ERR_ANALYSIS_MALFORMED`: a structure says what its format does not allow.
 * - `ERR_ANALYSIS_LIMIT`: a structure is larger, deeper or costlier than the budget allows.
 * - `ERR_ANALYSIS_UNSUPPORTED`: a structure is sound, but of a kind that is not read here.
 * - `ERR_ANALYSIS_ENCRYPTED`: only a password opens it.
 */
export type AnalysisErrorCode =
  | 'ERR_ANALYSIS_TRUNCATED'
  | 'ERR_ANALYSIS_MALFORMED'
  | 'ERR_ANALYSIS_LIMIT'
  | 'ERR_ANALYSIS_UNSUPPORTED'
  | 'ERR_ANALYSIS_ENCRYPTED'

interface AnalysisErrorOptions {
  readonly details?: AnalysisError['details']
  readonly cause?: unknown
}

/**
 * Bytes that cannot be read as what they claim to be. Readers of parts throw it; what the package
 * gives out at its door holds it as a {@link Problem} instead, beside everything that was read
 * before.
 */
export class AnalysisError extends Error {
  readonly code: AnalysisErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: AnalysisErrorCode, message: string, options: AnalysisErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'AnalysisError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** What could not be read of a file, as its report tells it. */
export interface Problem {
  readonly code: AnalysisErrorCode
  /** What was being read, such as `load command 3`. */
  readonly part: string
  readonly message: string
}

/** The result of {@link attempt}. */
export type Attempt<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem }

/**
 * Reads one part of a file that may be damaged.
 *
 * @param part What is read, for the report.
 * @returns    The value, or why there is none. Anything but an {@link AnalysisError} is our bug
 *             and passes through.
 */
export function attempt<Value>(part: string, read: () => Value): Attempt<Value> {
  try {
    return { ok: true, value: read() }
  } catch (error) {
    if (!(error instanceof AnalysisError)) throw error
    return { ok: false, problem: { code: error.code, part, message: error.message } }
  }
}
