import type { z } from 'zod'
import { ApiProblem } from '@pomona/schema'
import { AgentError } from '../errors.ts'
import type { UplinkAnswer } from './transport.ts'

/** Why the server refused, as far as it said so. */
export interface Problem {
  readonly code: string | undefined
  readonly message: string
}

/** Reads a refusal. A proxy's error page is none of ours: its status is all that is known. */
export function readProblem({ status, body }: UplinkAnswer): Problem {
  const parsed = ApiProblem.safeParse(readJson(body))
  if (parsed.success) return { code: parsed.data.code, message: parsed.data.message }
  return { code: undefined, message: `HTTP ${status}` }
}

/** The value of a JSON text; nothing when it is none. */
export function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // Not JSON; whoever asked checks the shape anyway.
  }
}

/**
 * Reads an answer of the protocol.
 *
 * @throws AgentError ERR_UPLINK_ANSWER when it has another shape.
 */
export function readAnswer<Shape>(answer: UplinkAnswer, shape: z.ZodType<Shape>): Shape {
  const parsed = shape.safeParse(readJson(answer.body))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AgentError(
    'ERR_UPLINK_ANSWER',
    `The server's answer is not understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    { details: { status: answer.status } },
  )
}
