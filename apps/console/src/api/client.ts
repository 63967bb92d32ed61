import { ApiProblem } from '@pomona/schema'
import type { z } from 'zod'
import { ConsoleError } from '../errors.ts'

const ROOT = '/api/v1'

/** What goes with a request beside its path. */
export interface RequestOptions<T> {
  /** Shape of the answer; it is parsed here and trusted everywhere else. */
  readonly schema: z.ZodType<T>
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly query?: URLSearchParams
  readonly body?: unknown
  readonly signal?: AbortSignal
}

async function send(address: string, options: RequestOptions<unknown>): Promise<Response> {
  const { method = 'GET', body, signal } = options
  try {
    return await fetch(address, {
      method,
      credentials: 'same-origin',
      redirect: 'error',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new ConsoleError('ERR_CONSOLE_OFFLINE', 'The server cannot be reached.', { cause })
  }
}

async function refusal(response: Response): Promise<ConsoleError> {
  const { status } = response
  const problem = ApiProblem.safeParse(await response.json().catch(() => undefined))
  const code = status === 401 ? 'ERR_CONSOLE_SESSION' : 'ERR_CONSOLE_REFUSED'
  const message = problem.success ? problem.data.message : `The server answered ${status}.`
  return new ConsoleError(code, message, {
    status,
    ...(problem.success ? { problem: problem.data.code } : {}),
  })
}

/**
 * Asks the server and checks its answer.
 *
 * @param path Below `/api/v1`; parts that come from data must be encoded by the caller.
 * @throws ConsoleError OFFLINE when no answer came, SESSION on 401, REFUSED on another refusal,
 *         ANSWER when the answer does not have the agreed shape.
 */
export async function request<T>(path: string, options: RequestOptions<T>): Promise<T> {
  const query = options.query?.toString() ?? ''
  const response = await send(`${ROOT}${path}${query === '' ? '' : `?${query}`}`, options)
  if (!response.ok) throw await refusal(response)
  const text = await response.text()
  let json: unknown
  try {
    json = text === '' ? undefined : JSON.parse(text)
  } catch (cause) {
    throw new ConsoleError('ERR_CONSOLE_ANSWER', `${path} did not answer with JSON.`, { cause })
  }
  const parsed = options.schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue === undefined ? '' : ` at ${issue.path.join('.')}: ${issue.message}`
  throw new ConsoleError('ERR_CONSOLE_ANSWER', `${path} answered in another shape${where}.`, {
    cause: parsed.error,
  })
}
