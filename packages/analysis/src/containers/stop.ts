import { AnalysisError } from '../errors.ts'

/** A structure says what its format does not allow. */
export function damaged(message: string): AnalysisError {
  return new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
}

/** A structure reaches beyond the bytes there are. */
export function truncated(message: string): AnalysisError {
  return new AnalysisError('ERR_ANALYSIS_TRUNCATED', message)
}

/** Something sound that this package does not read. */
export function unsupported(message: string): AnalysisError {
  return new AnalysisError('ERR_ANALYSIS_UNSUPPORTED', message)
}

/** Something only a password opens. */
export function encrypted(message: string): AnalysisError {
  return new AnalysisError('ERR_ANALYSIS_ENCRYPTED', message)
}
