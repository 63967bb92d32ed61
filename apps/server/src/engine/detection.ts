import { DetectError, Detector } from '@pomona/detect'
import type { Rule } from '@pomona/rules'
import type { Logger } from 'pino'
import type { Detection } from './engine.ts'

/**
 * Detection by these rules, going on from saved state. State that cannot be read (another version
 * wrote it) is left behind with an error in the log: detecting from now on is worth more than
 * stopping.
 */
export function createDetection(
  rules: readonly Rule[],
  { state, logger }: { readonly state: string | undefined; readonly logger: Logger },
): Detection {
  const detector = new Detector(rules)
  try {
    if (state !== undefined && state !== '') detector.restore(state)
  } catch (error) {
    if (!(error instanceof DetectError)) throw error
    logger.error(
      { error: { code: error.code, message: error.message } },
      'Saved state was dropped.',
    )
  }
  return {
    observe: (event) => detector.process(event),
    discards: () => detector.counts().discarded,
    save: () => detector.checkpoint(),
  }
}
