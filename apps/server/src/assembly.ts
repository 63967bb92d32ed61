import type { Rule } from '@pomona/rules'
import type { Clock, Random } from '@pomona/schema'
import type { Committed } from '@pomona/store'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { AgentSide } from './agents/agent-side.ts'
import { IdentityAlarm } from './agents/identity-alarm.ts'
import type { AgentPresence } from './agents/presence.ts'
import { apiHandlers } from './api/handlers.ts'
import type { ApiParts } from './api/parts.ts'
import { ROUTES } from './api/routes.ts'
import { CONSOLE_DIRECTORY, CONTENT_DIRECTORY, type ServerConfig } from './config.ts'
import { createDetection, type Detection, detectorOptions } from './engine/detection.ts'
import { Engine } from './engine/engine.ts'
import type { RuleCatalog } from './engine/rule-catalog.ts'
import { noticeBoard } from './engine/notice-board.ts'
import { RulesKeeper } from './engine/rules-keeper.ts'
import { messageOf } from './errors.ts'
import { ByteBudget } from './gateway/budget.ts'
import { Gateway } from './gateway/gateway.ts'
import { LetterDesk } from './gateway/letter-desk.ts'
import { type Rate, RateLimiter, rateOf } from './gateway/rate.ts'
import { Fleet } from './fleet/fleet.ts'
import { Health } from './health.ts'
import { createApp, listenOn } from './http/app.ts'
import { readConsole, serveConsole } from './http/console.ts'
import { createGatekeeper } from './http/gatekeeper.ts'
import { originsOf } from './http/origin.ts'
import { tlsOf } from './http/tls.ts'
import { registerRoutes } from './http/registry.ts'
import { HostAnnouncer } from './live/host-announcer.ts'
import { LiveHub } from './live/hub.ts'
import { addGauges } from './metrics/gauges.ts'
import { MetricsRegistry } from './metrics/registry.ts'
import { Stage } from './metrics/stage.ts'
import { FirstRun } from './session/first-run.ts'
import { Passwords } from './session/passwords.ts'
import { Sessions } from './session/sessions.ts'
import type { RunningServer, ServerDeps } from './running-server.ts'
import type { OpenStores } from './stores.ts'

const CONNECTIONS_CLOSE_MS = 3_000
const API_BODY_BYTES_MAX = 256 * 1024
const KEYS_MAX = 20_000

/** What a server is put together from. */
export interface World {
  readonly config: ServerConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly stores: OpenStores
  readonly onAlert: ServerDeps['onAlert']
  readonly onIncident: ServerDeps['onIncident']
}

interface Beginning {
  readonly app: FastifyInstance
  readonly agents: AgentSide
  readonly fleet: Fleet
  readonly gateway: Gateway
  readonly address: string
  readonly firstRun: FirstRun
}

interface AppParts {
  readonly firstRun: FirstRun
  readonly fleet: Fleet
  readonly agents: AgentSide
}

/** Puts the parts together, in order of dependence, and takes them apart in the reverse order. */
export class Assembly {
  readonly #world: World
  readonly #metrics = new MetricsRegistry()
  readonly #batches: Stage
  readonly #events: Stage
  readonly #hub: LiveHub
  readonly #rules: RulesKeeper
  readonly #engine: Engine
  readonly #health: Health
  readonly #announcer: HostAnnouncer
  readonly #alarm: IdentityAlarm
  #agents: AgentSide | undefined
  #fleet: Fleet | undefined
  readonly #failure = Promise.withResolvers<Error>()
  #origins: ReadonlySet<string> = new Set()
  #closing: Promise<void> | undefined

  constructor(world: World) {
    this.#world = world
    const { config, clock, random, logger, stores } = world
    const { log, records, projection } = stores
    // In the order in which the health page shows them: the way of an event.
    this.#batches = this.#metrics.stage(
      new Stage({ name: 'gateway_batches', description: 'Batches posted by agents' }),
    )
    this.#events = this.#metrics.stage(
      new Stage({
        name: 'gateway_events',
        description: 'Events and alerts of batches that could be read',
      }),
    )
    const evaluated = this.#metrics.stage(
      new Stage({ name: 'engine_events', description: 'Events read from the log and evaluated' }),
    )
    this.#metrics.stage(projection)
    const delivered = this.#metrics.stage(
      new Stage({
        name: 'live_deliveries',
        description: 'Messages for open consoles, one for each reader',
      }),
    )
    this.#hub = new LiveHub({
      epoch: Buffer.from(random.bytes(6)).toString('hex'),
      ringMax: config.live_messages_max,
      subscribersMax: config.live_readers_max,
      deliveries: delivered,
    })
    this.#rules = new RulesKeeper({
      directory: config.content_directory ?? CONTENT_DIRECTORY,
      records,
      clock,
      logger: logger.child({ component: 'rules' }),
    })
    const board = noticeBoard({ clock, logger, metrics: this.#metrics, rules: this.#rules })
    this.#engine = new Engine({
      log,
      records,
      clock,
      logger: logger.child({ component: 'engine' }),
      events: evaluated,
      detection: (state) => this.#detection(this.#rules.rules, state),
      onFindings: (committed) => this.#announce(committed),
      onNotices: (notices) => board.add(notices),
    })
    this.#announcer = new HostAnnouncer({
      hostOf: async (hostId) => await this.#fleet?.views.one(hostId),
      ...{ hub: this.#hub, logger },
    })
    this.#alarm = new IdentityAlarm({
      ...{ log, records, clock },
      logger: logger.child({ component: 'agents' }),
      onStored: () => this.#wakeReaders(),
    })
    this.#health = new Health({
      log,
      records,
      metrics: this.#metrics,
      engine: this.#engine,
      projector: projection,
      failedRules: () => this.#rules.failed,
      notices: () => [
        ...board.current(),
        ...(this.#agents?.presence.notices() ?? []),
        ...(this.#fleet?.letters.notices() ?? []),
      ],
    })
  }

  /** The log has grown. */
  #wakeReaders(): void {
    this.#engine.wake()
    this.#world.stores.projection.wake()
  }

  #announce({ alerts, incidents, merged }: Committed): void {
    const { onAlert, onIncident } = this.#world
    for (const alert of alerts) {
      this.#hub.publish({ kind: 'alert', alert })
      onAlert?.(alert)
    }
    for (const incident of incidents) {
      const others = merged.get(incident.id) ?? []
      this.#hub.publish({
        kind: 'incident',
        incident,
        ...(others.length > 0 && { merged: [...others] }),
      })
      onIncident?.(incident, others)
    }
  }

  async run(): Promise<RunningServer> {
    const { config, clock, random, logger, stores } = this.#world
    const { records, keys } = stores
    await this.#rules.load('start')
    const lifetimeSeconds = config.first_run_seconds
    const firstRun = new FirstRun({ records, clock, random, lifetimeSeconds })
    const agents = await AgentSide.open({
      ...{ config, clock, random, logger, records, keys },
      metrics: this.#metrics,
      onChange: (hostIds) => {
        for (const hostId of hostIds) this.#announcer.note(hostId)
      },
      onDoubt: (doubt) => this.#alarm.raise(doubt),
    })
    this.#agents = agents
    const fleet = await this.#openFleet(agents)
    const gateway = this.#gateway(agents.presence)
    const app = await this.#app({ firstRun, fleet, agents })
    const address = await this.#listen(app)
    try {
      return await this.#begin({ app, agents, fleet, gateway, address, firstRun })
    } catch (error) {
      // Servers that listen keep the process alive.
      await app.close()
      await fleet.close()
      await agents.close()
      throw error
    }
  }

  async #openFleet({ presence, pki }: AgentSide): Promise<Fleet> {
    const { config, clock, logger, stores } = this.#world
    const fleet = await Fleet.open({
      ...{ records: stores.records, clock, presence, signer: pki.signer },
      metrics: this.#metrics,
      logger: logger.child({ component: 'fleet' }),
      commandWaitersMax: config.agent_connections_max,
      ledgerDays: { rows: config.ledger_days_max, hours: config.completeness_days_max },
      publish: (message) => this.#hub.publish(message),
      onHosts: (hostIds) => {
        for (const hostId of hostIds) this.#announcer.note(hostId)
      },
    })
    this.#fleet = fleet
    await fleet.contentChanged(this.#rules.forHosts, 'server')
    return fleet
  }

  async #begin(beginning: Beginning): Promise<RunningServer> {
    const { app, agents, fleet, gateway, address, firstRun } = beginning
    const { stores } = this.#world
    const agentAddress = await agents.listen(gateway, fleet.handlers(), () => this.#health.ready)
    const enrolmentToken = await agents.firstToken()
    const firstRunToken = await firstRun.open()
    await this.#engine.start()
    stores.projection.start()
    addGauges(this.#metrics, {
      engineOffset: () => this.#engine.offset,
      projectorOffset: () => stores.projection.offset,
      liveReaders: () => this.#hub.subscribers,
      rulesLoaded: () => this.#rules.rules.length,
      rulesFailed: () => this.#rules.failed,
      held: () => this.#engine.held(),
    })
    this.#health.setReady(true)
    this.#world.logger.info({ 'url.full': address }, 'The server is ready.')
    return {
      address,
      firstRunLink:
        firstRunToken === undefined ? undefined : `${address}/first-run#token=${firstRunToken}`,
      agentAddress,
      authority: agents.pki.authority.bundle,
      enrolmentToken,
      makeEnrolmentToken: async (wish) => (await agents.desk.makeToken(wish)).text,
      failure: this.#failure.promise,
      projectorPid: () => stores.projection.pid,
      reloadRules: (actor) => this.#reload(actor),
      close: () => {
        this.#closing ??= this.#close(app, agents, fleet)
        return this.#closing
      },
    }
  }

  async #app({ firstRun, fleet, agents }: AppParts): Promise<FastifyInstance> {
    const { config, clock, random, logger, stores } = this.#world
    const { records, log } = stores
    const app = createApp({
      logger: logger.child({ component: 'http' }),
      requests: this.#metrics.counter(
        'pomona_http_requests_total',
        'Requests by route and status.',
      ),
      tls: tlsOf(config),
      connectionsMax: config.connections_max,
      bodyBytesMax: API_BODY_BYTES_MAX,
    })
    const sessions = new Sessions({
      records,
      clock,
      random,
      idleSeconds: config.session_idle_seconds,
      absoluteSeconds: config.session_absolute_seconds,
    })
    const perMinute = config.api_requests_per_minute_max
    const gatekeeper = createGatekeeper({
      sessions,
      origins: () => this.#origins,
      requests: this.#limiter(rateOf({ count: perMinute, spanSeconds: 60 })),
    })
    const parts: ApiParts = {
      records,
      log,
      fleet,
      events: stores.projection.queries,
      hub: this.#hub,
      clock,
      logger,
      metrics: this.#metrics,
      health: this.#health,
      sessions,
      passwords: new Passwords(),
      firstRun,
      signInFailures: {
        perUser: this.#limiter(rateOf({ count: 5, spanSeconds: 900 })),
        perAddress: this.#limiter(rateOf({ count: 30, spanSeconds: 900 })),
      },
      enrolment: agents.desk,
      letters: new LetterDesk({
        ...{ log, records, clock },
        onStored: () => this.#wakeReaders(),
      }),
      agentAddress: () => agents.address,
      rules: () => this.#rules.catalog,
      reloadRules: (actor) => this.#reload(actor),
    }
    registerRoutes(app, { table: ROUTES, handlers: apiHandlers(parts), gatekeeper })
    const files = await readConsole(config.console_directory ?? CONSOLE_DIRECTORY)
    serveConsole(app, files, random)
    return app
  }

  #gateway(witness: AgentPresence): Gateway {
    const { config, clock, logger, stores } = this.#world
    const { host_alerts_per_hour_max: alertsMax } = config
    const { log, records } = stores
    return new Gateway({
      log,
      records,
      clock,
      logger: logger.child({ component: 'gateway' }),
      budget: new ByteBudget(config.inflight_bytes_max),
      fairness: this.#limiter({
        burst: config.host_events_burst_max,
        perSecond: config.host_events_per_second_max,
      }),
      alertRate: this.#limiter(rateOf({ count: alertsMax, spanSeconds: 3_600 })),
      batches: this.#batches,
      events: this.#events,
      witness,
      onStored: ({ hostId }) => {
        this.#wakeReaders()
        this.#announcer.note(hostId)
      },
      onLogFailed: (error) => {
        this.#health.fail(`Log: ${messageOf(error)}`)
        this.#failure.resolve(error instanceof Error ? error : new Error(messageOf(error)))
      },
    })
  }

  async #listen(app: FastifyInstance): Promise<string> {
    const { listen_host: host, listen_port: port, public_url: publicUrl } = this.#world.config
    const bound = await listenOn(app, { host, port })
    const tls = tlsOf(this.#world.config) !== undefined
    const origins = originsOf({ host, port: bound, tls, publicUrl })
    this.#origins = new Set(origins)
    return origins[0]
  }

  async #reload(actor: string): Promise<RuleCatalog> {
    const catalog = await this.#rules.load(actor)
    const { rules } = catalog
    this.#engine.replaceDetection((state) => this.#detection(rules, state))
    await this.#fleet?.contentChanged(this.#rules.forHosts, actor)
    return catalog
  }

  #detection(rules: readonly Rule[], state: string | undefined): Detection {
    const { config, logger } = this.#world
    const options = { ...detectorOptions(config), exceptions: this.#rules.exceptions }
    return createDetection(rules, { state, logger, options })
  }

  async #close(app: FastifyInstance, agents: AgentSide, fleet: Fleet): Promise<void> {
    const { stores, logger } = this.#world
    this.#health.setReady(false)
    this.#announcer.stop()
    this.#hub.close()
    const timer = setTimeout(() => {
      app.server.closeAllConnections()
      agents.cut()
    }, CONNECTIONS_CLOSE_MS)
    fleet.release()
    await Promise.all([app.close(), agents.close()])
    await this.#alarm.settle()
    await fleet.close()
    clearTimeout(timer)
    await Promise.all([this.#engine.stop(), stores.projection.stop()])
    await stores.close()
    logger.info('The server has stopped.')
  }

  #limiter(rate: Rate): RateLimiter {
    return new RateLimiter({ ...rate, keysMax: KEYS_MAX, clock: this.#world.clock })
  }
}
