import { HttpProblem } from '../http/problem.ts'
import { openApiOf } from '../http/openapi.ts'
import type { Handlers } from './routes.ts'
import type { ApiParts } from './parts.ts'
import { ROUTES } from './routes.ts'

type OperationHandlers = Pick<
  Handlers,
  | 'ruleList'
  | 'ruleShow'
  | 'ruleReload'
  | 'pipelineHealth'
  | 'openapi'
  | 'healthy'
  | 'ready'
  | 'metrics'
>

/** Rules, health and the server's description of itself. */
export function operationHandlers(parts: ApiParts): OperationHandlers {
  const { records, rules, reloadRules, health, metrics } = parts
  const document = openApiOf(Object.values(ROUTES))
  return {
    ruleList: async () => {
      const alerts = await records.alertCountsByRule()
      return { items: [...rules().summaries(alerts)] }
    },
    ruleShow: async ({ params }) => {
      const rule = rules().detail(params.id)
      if (rule === undefined) {
        throw new HttpProblem('not_found', 'There is no rule with this id.')
      }
      return rule
    },
    ruleReload: async ({ user }) => {
      const set = await reloadRules(user.name)
      return { loaded: set.rules.length, problems: set.problems }
    },
    pipelineHealth: () => health.pipeline(),
    openapi: async () => ({ ...document }),
    healthy: async () => ({ status: 'ok' }),
    ready: async () => {
      if (health.ready) return { status: 'ok' }
      throw new HttpProblem('stopping', 'The server is starting or stopping.')
    },
    metrics: async ({ reply }) => {
      await reply.type(ROUTES.metrics.produces).send(metrics.text())
      return undefined
    },
  }
}
