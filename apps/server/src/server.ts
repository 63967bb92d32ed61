import { Assembly } from './assembly.ts'
import { systemClock, systemRandom } from './clock.ts'
import type { ServerConfig } from './config.ts'
import { createLogger } from './logger.ts'
import type { RunningServer, ServerDeps } from './running-server.ts'
import { openStores } from './stores.ts'

/**
 * Starts everything: stores, engine, projector, gateway, API and console.
 *
 * @throws ServerError ERR_CONTENT_UNREADABLE, ERR_LISTEN; StoreError when the data directory cannot
 * be used.
 */
export async function startServer(
  config: ServerConfig,
  deps: ServerDeps = {},
): Promise<RunningServer> {
  const clock = deps.clock ?? systemClock
  const random = deps.random ?? systemRandom
  const logger = deps.logger ?? createLogger({ level: config.log_level, service: 'pomona-server' })
  const stores = await openStores(deps.stores, {
    config,
    clock,
    logger: logger.child({ component: 'projector' }),
  })
  try {
    return await new Assembly({
      config,
      clock,
      random,
      logger,
      stores,
      onAlert: deps.onAlert,
      onIncident: deps.onIncident,
    }).run()
  } catch (error) {
    await stores.projection.stop()
    await stores.close()
    throw error
  }
}
