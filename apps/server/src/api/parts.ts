import type { Clock, HostId } from '@pomona/schema'
import type { Log, Records } from '@pomona/store'
import type { Logger } from 'pino'
import type { RuleCatalog } from '../engine/rule-catalog.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { LiveHub } from '../live/hub.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import type { EventQueries } from '../projector/ipc.ts'
import type { FirstRun } from '../session/first-run.ts'
import type { Passwords } from '../session/passwords.ts'
import type { Sessions } from '../session/sessions.ts'
import type { RateLimiter } from '../gateway/rate.ts'
import type { Health } from '../health.ts'
import type { LetterDesk } from '../gateway/letter-desk.ts'
import type { EnrolmentDesk } from '../pki/enrolment-desk.ts'

/** What the handlers of the API work with. */
export interface ApiParts {
  readonly records: Records
  readonly log: Log
  readonly fleet: Fleet
  readonly events: EventQueries
  readonly hub: LiveHub
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly health: Health
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly firstRun: FirstRun
  /** Failed sign-ins, by user and address and by address alone. */
  readonly signInFailures: { readonly perUser: RateLimiter; readonly perAddress: RateLimiter }
  readonly enrolment: EnrolmentDesk
  readonly letters: LetterDesk
  /** Address that agents reach the server by. */
  readonly agentAddress: () => string
  readonly rules: () => RuleCatalog
  /** Reads the content directory again. `actor` is who asked, for the audit. */
  readonly reloadRules: (actor: string) => Promise<RuleCatalog>
}

/** A host id of a request. Any text may stand there: an unknown one finds nothing. */
export function hostIdOf(text: string): HostId {
  return text as HostId
}
