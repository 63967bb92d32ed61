import type { RateLimiter } from '../gateway/rate.ts'
import { addressOf } from '../http/app.ts'
import { HttpProblem } from '../http/problem.ts'
import type { EnrolmentDesk } from '../pki/enrolment-desk.ts'
import type { AgentPresence } from './presence.ts'
import type { AgentHandlers } from './routes.ts'

/** What enrolling and renewing work with. */
export interface EnrolmentParts {
  readonly desk: EnrolmentDesk
  readonly presence: AgentPresence
  /** Refused enrolments by address. */
  readonly failures: RateLimiter
}

/** Handlers by which a Mac gets its certificate, the first one and those that follow. */
export function enrolmentHandlers(parts: EnrolmentParts): Pick<AgentHandlers, 'enrol' | 'renew'> {
  const { desk, failures } = parts
  return {
    enrol: async ({ body, request }) => {
      const address = addressOf(request)
      try {
        const { identity, time, answer } = await desk.enrol(body, address)
        parts.presence.enrolled(identity, { hardwareUuid: body.hardware_uuid, time })
        return answer
      } catch (error) {
        if (!(error instanceof HttpProblem)) throw error
        const wait = failures.take(address, 1)
        if (wait === 0) throw error
        throw new HttpProblem('rate_limited', 'Too many refused enrolments.', {
          retryAfterSeconds: wait,
        })
      }
    },
    renew: async ({ agent, body }) => await desk.renew(agent, body.csr),
  }
}
