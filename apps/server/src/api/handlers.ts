import type { Handlers } from './routes.ts'
import { alertHandlers } from './alerts.ts'
import { enrolmentHandlers } from './enrolment.ts'
import { fleetHandlers } from './fleet.ts'
import { hostHandlers } from './hosts.ts'
import { incidentHandlers } from './incidents.ts'
import { letterHandlers } from './letters.ts'
import { operationHandlers } from './operations.ts'
import type { ApiParts } from './parts.ts'
import { sessionHandlers } from './session.ts'
import { streamHandlers } from './stream.ts'

/** The handlers of all routes that people use. */
export function apiHandlers(parts: ApiParts): Handlers {
  return {
    ...alertHandlers(parts),
    ...enrolmentHandlers(parts),
    ...fleetHandlers(parts),
    ...hostHandlers(parts),
    ...incidentHandlers(parts),
    ...letterHandlers(parts),
    ...operationHandlers(parts),
    ...sessionHandlers(parts),
    ...streamHandlers(parts),
  }
}
