/**
 * Loaded into a server before its own code (`--import`): says every second how late its event loop
 * was in that second, in a file whose name is in `POMONA_BENCH_LOOP_LAG`.
 */
import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 10
const NS_PER_MS = 1e6
const path = process.env['POMONA_BENCH_LOOP_LAG']

if (path !== undefined) {
  // The projector is a process of its own and is not asked.
  delete process.env['POMONA_BENCH_LOOP_LAG']
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const say = (): void => {
    // What is measured contains the interval itself.
    const late = (value: number): number => Math.max(0, value / NS_PER_MS - RESOLUTION_MS)
    const { max } = delay
    appendFileSync(
      path,
      `${late(delay.percentile(50))} ${late(delay.percentile(99))} ${late(max)}\n`,
    )
    delay.reset()
  }
  setInterval(say, 1_000).unref()
}
