import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { loadBundle } from '@pomona/rules'
import { AgentPolicy, TENANT_DEFAULT } from '@pomona/schema'
import { Budget } from '../src/health/budget.ts'
import { HostDetection } from '../src/pipeline/detection.ts'
import { JsonLogger } from '../src/log/logger.ts'
import { loadConfig } from '../src/config.ts'
import { systemClock } from '../src/machine.ts'
import { Work } from '../src/work.ts'
import { filesWith } from './support/bundles.ts'

const mute = (reason: string, program: string) => ({
  ...{ reason, types: ['create'], programs: [program] },
})

function workWith(mutes: readonly object[]): Work {
  const config = loadConfig({
    flags: ['--config=agent.json'],
    environment: {},
    readFile: () => JSON.stringify({ mutes }),
  })
  return new Work({
    ...{ config, content: undefined, pid: 1, detection: new HostDetection(TENANT_DEFAULT) },
    log: new JsonLogger({ level: 'error', clock: systemClock, write: () => undefined }),
    budget: new Budget({ cpuPercentMax: 100, memoryBytesMax: 1e9 }),
  })
}

const reasonFor = (work: Work, path: string): string | undefined =>
  work.filter.ofRecord({ process: { executable: { path } }, event: { create: {} } })

test('work: what the configuration mutes is left out with every bundle, what a bundle mutes with that', async () => {
  const work = workWith([mute('of_the_mac', '/bin/own')])
  const { filter } = work
  equal(reasonFor(work, '/bin/own'), 'of_the_mac')
  equal(reasonFor(work, '/bin/fleet'), undefined)
  await work.apply({
    id: 'a bundle',
    content: loadBundle(filesWith()),
    manifest: {
      ...{ tenant_id: 'default', version: 1, files: [] },
      ...{ created: '2026-11-25T09:00:00Z', expires: '2100-01-01T00:00:00Z' },
      policy: AgentPolicy.parse({ mutes: [mute('of_the_fleet', '/bin/fleet')] }),
    },
  })
  equal(reasonFor(work, '/bin/own'), 'of_the_mac')
  equal(reasonFor(work, '/bin/fleet'), 'of_the_fleet')
  await work.apply(undefined)
  equal(reasonFor(work, '/bin/fleet'), undefined)
  equal(work.filter, filter, 'who was given the filter has the policy of the time')
})
