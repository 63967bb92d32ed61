import { join } from 'node:path'
import { Normalizer } from '@pomona/normalize'
import type { SensorProblem } from '@pomona/sensor'
import { type BootId, type HostId, streamId, type TenantId } from '@pomona/schema'
import { ownIdentity } from './belonging.ts'
import type { AgentConfig } from './config.ts'
import { readContent } from './content.ts'
import type { AgentDeps } from './deps.ts'
import { messageOf } from './errors.ts'
import { fileFactsCollector } from './file-facts.ts'
import { Budget } from './health/budget.ts'
import { throttled } from './health/throttle-filter.ts'
import { machineFacts, type MachineFacts } from './host-facts.ts'
import type { Identity } from './identity/identity.ts'
import { JsonLogger } from './log/logger.ts'
import { HostDetection } from './pipeline/detection.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { Posture } from './posture.ts'
import { Reporting } from './reporting.ts'
import { Running } from './running.ts'
import { agentSources } from './sensors.ts'
import { Spool } from './spool/spool.ts'
import { Work } from './work.ts'

const SPOOL_RETRY_MS = 5_000
const MS_PER_S = 1_000

/**
 * Runs an agent until the signal is aborted: it enrols if it has to, opens its spool, senses,
 * detects, keeps and delivers. When the signal is aborted it takes what the sensors still hold,
 * makes everything durable and marks the end.
 *
 * @throws AgentError when it cannot begin: ERR_ENROLMENT_REFUSED, ERR_IDENTITY_UNREADABLE,
 *         ERR_AGENT_CONTENT, ERR_AGENT_COMMAND.
 */
export async function runAgent(
  config: AgentConfig,
  deps: AgentDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, write } = deps
  const log = new JsonLogger({ level: config.log_level, clock, write })
  const folder = config.content_directory
  const content = folder === undefined ? undefined : await readContent(folder)
  const facts = await ownFacts(config, deps)
  const identity = await ownIdentity({ config, deps, facts, log }, signal)
  if (identity === undefined) return
  const spool = await openSpool({ config, deps, facts, identity, log }, signal)
  if (spool === undefined) return
  const budget = new Budget({
    cpuPercentMax: config.cpu_percent_max,
    memoryBytesMax: config.memory_bytes_max,
  })
  // The tenant is what the server said at enrolment.
  const detection = new HostDetection(identity.tenant_id as TenantId)
  const work = new Work({ config, detection, log, budget, content, pid: deps.pid })
  const normalizer = new Normalizer({
    tenantId: identity.tenant_id as TenantId, // As above.
    host: { id: identity.host_id, ...facts.host },
    bootId: facts.bootId,
    sensor: spool.run,
  })
  const fileFacts = fileFactsCollector(config, deps, budget)
  const sources = agentSources({
    tools: deps.tools,
    normalizer,
    filter: throttled(work.filter, budget),
    sensors: config.sensors,
    esloggerCommand: config.eslogger_command,
    fileFacts,
  })
  const onDiskError = (error: unknown): void =>
    log.error({ error: { message: messageOf(error) } }, 'The disk does not take events.')
  const pipeline = new Pipeline({
    ...{ sources, spool, detection, clock, onDiskError },
    flushBytes: config.flush_bytes,
    isOff: work.isOff,
  })
  // Who has to be told is made last.
  let changed = (): void => undefined
  let unlisted = (): SensorProblem | undefined => undefined
  const posture = new Posture(deps.tools, { changed: () => changed() })
  const reporting = new Reporting({
    ...{ sources, spool, detection, budget, clock, fileFacts, isOff: work.isOff },
    isRoot: deps.isRoot,
    posture: () => posture.latest,
    unlisted: () => unlisted(),
  })
  const running = new Running({
    ...{ config, deps, facts, identity, log, spool, budget, detection, work },
    ...{ sources, normalizer, pipeline, reporting, fileFacts, posture, onDiskError },
  })
  changed = () => running.report()
  unlisted = () => running.unlisted
  await running.run(signal)
}

async function ownFacts(config: AgentConfig, deps: AgentDeps): Promise<MachineFacts> {
  const { hardware_uuid: hardwareUuid } = config
  const facts = await machineFacts({
    ...deps,
    ...(hardwareUuid === undefined ? {} : { hardwareUuid }),
  })
  return {
    ...facts,
    host: {
      ...facts.host,
      name: config.host_name ?? facts.host.name,
      ...(config.os_version === undefined ? {} : { os_version: config.os_version }),
    },
  }
}

/** What the agent is about to run with. */
interface Beginning {
  readonly config: AgentConfig
  readonly deps: AgentDeps
  readonly facts: MachineFacts
  readonly identity: Identity
  readonly log: JsonLogger
}

/** A disk that cannot be used now may be usable later: nothing else can be done meanwhile. */
async function openSpool(
  { config, deps, facts, identity, log }: Beginning,
  signal: AbortSignal,
): Promise<Spool | undefined> {
  while (!signal.aborted) {
    try {
      return await Spool.open({
        ...{ fileSystem: deps.fileSystem, clock: deps.clock, random: deps.random },
        folder: join(config.data_directory, 'spool'),
        bytesMax: config.spool_bytes_max,
        freeBytesMin: config.disk_free_bytes_min,
        bootId: facts.bootId,
        streamId: (run) =>
          streamId({
            tenantId: identity.tenant_id as TenantId, // What the server said at enrolment.
            hostId: identity.host_id as HostId, // As above.
            bootId: facts.bootId as BootId, // What the machine says.
            sensor: run,
          }),
      })
    } catch (error) {
      const seconds = SPOOL_RETRY_MS / MS_PER_S
      const said = { error: { message: messageOf(error) }, retry_seconds: seconds }
      log.error(said, 'The spool cannot be used; nothing is sensed until it can.')
      await deps.sleep(SPOOL_RETRY_MS, signal).catch(() => undefined)
    }
  }
  return undefined
}
