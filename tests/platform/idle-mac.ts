/** A Mac that nobody uses: for fleets that are about connections and not about events. */
import { parseScenario, type Scenario } from '@pomona/sensor'

const STORY = `id: idle
name: A Mac that nobody uses
kind: benign
user: any
description: A daemon looks after something now and then.
steps:
  - run: { parent: launchd, path: /usr/libexec/periodic-wrapper, args: [periodic-wrapper, daily], user: root }
  - wait: 20s-60s
`

/** About one process, which is three events, every forty seconds. */
export function idleProfile(): Scenario {
  const read = parseScenario(STORY, { path: import.meta.filename })
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.scenario
}
