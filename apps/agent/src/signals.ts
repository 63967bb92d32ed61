/** Most time an orderly end takes; then the process ends without. */
const END_MS_MAX = 10_000

/**
 * Runs something until the process is told to stop (SIGTERM, SIGINT). A second signal ends it at
 * once, and so does an end that takes too long: the spool is made for both.
 */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController()
  let deadline: NodeJS.Timeout | undefined
  const onStop = (): void => {
    if (stop.signal.aborted) process.exit(1)
    stop.abort()
    deadline = setTimeout(() => process.exit(1), END_MS_MAX)
  }
  process.on('SIGTERM', onStop).on('SIGINT', onStop)
  try {
    await work(stop.signal)
  } finally {
    clearTimeout(deadline)
    process.off('SIGTERM', onStop).off('SIGINT', onStop)
  }
}
