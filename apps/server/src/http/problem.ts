import type { ApiProblem, ApiProblemCode } from '@pomona/schema'

interface ProblemDetails {
  readonly fields?: ApiProblem['fields']
  readonly retryAfterSeconds?: number | undefined
}

/** A refusal on its way to the client; thrown by handlers, written by the one error handler. */
export class HttpProblem extends Error {
  readonly status: number
  readonly code: ApiProblemCode
  readonly fields: ApiProblem['fields']
  readonly retryAfterSeconds: number | undefined

  constructor(code: ApiProblemCode, message: string, more: ProblemDetails = {}) {
    super(message)
    this.name = 'HttpProblem'
    this.status = PROBLEM_MEANINGS[code].status
    this.code = code
    this.fields = more.fields
    this.retryAfterSeconds = more.retryAfterSeconds
  }

  body(): ApiProblem {
    const problem = { code: this.code, message: this.message }
    return this.fields === undefined ? problem : { ...problem, fields: this.fields }
  }
}

/**
 * What each code means and with which status it comes; the reference page is made of this table.
 */
export const PROBLEM_MEANINGS: Readonly<
  Record<ApiProblemCode, { readonly status: number; readonly meaning: string }>
> = {
  invalid_request: { status: 422, meaning: 'A parameter or the body does not fit; see `fields`.' },
  unauthenticated: { status: 401, meaning: 'No session, or one that is over.' },
  sign_in_refused: { status: 401, meaning: 'Name or password is wrong.' },
  forbidden: { status: 403, meaning: 'The role of the user does not cover this.' },
  origin_refused: { status: 403, meaning: 'A change was asked for from another site.' },
  not_found: { status: 404, meaning: 'There is nothing under this address or id.' },
  first_run_refused: { status: 403, meaning: 'The first-run link is wrong, expired or used.' },
  rate_limited: { status: 429, meaning: 'Too many requests or failures; wait `Retry-After`.' },
  overloaded: { status: 503, meaning: 'Too much at once; send again after `Retry-After`.' },
  stopping: { status: 503, meaning: 'The server is stopping.' },
  unavailable: { status: 503, meaning: 'A part of the server is down; try again later.' },
  internal: { status: 500, meaning: 'A fault of the server; its log says more.' },
  body_too_large: { status: 413, meaning: 'The body is larger than allowed, or inflates to it.' },
  unsupported_media_type: { status: 415, meaning: 'The body is not `application/json`.' },
  unsupported_encoding: {
    status: 415,
    meaning: '`content-encoding` is neither zstd nor identity.',
  },
  batch_unreadable: { status: 422, meaning: 'The batch is not zstd, UTF-8 or JSON.' },
  batch_too_complex: { status: 422, meaning: 'Too deep, too many values, or a key written twice.' },
  batch_invalid: { status: 422, meaning: 'The envelope of the batch does not fit its schema.' },
  batch_digest_mismatch: { status: 422, meaning: 'The digest is not that of the events.' },
  batch_overlap: { status: 409, meaning: 'Begins inside what is stored; see `last_sequence`.' },
  batch_conflict: { status: 409, meaning: 'The range is stored with another digest.' },
  log_full: { status: 503, meaning: 'The log reached its limit; nothing was stored.' },
  foreign_host: { status: 403, meaning: 'The message is of another host than the certificate.' },
  foreign_stream: { status: 422, meaning: 'The stream of the batch is not one of the host.' },
  certificate_missing: { status: 401, meaning: 'The agent shows no certificate.' },
  certificate_untrusted: { status: 401, meaning: 'Another authority issued the certificate.' },
  certificate_unfit: { status: 401, meaning: 'The certificate is not that of a host.' },
  certificate_expired: { status: 401, meaning: 'The certificate is over: enrol again.' },
  certificate_not_yet_valid: { status: 401, meaning: 'The certificate is not valid yet.' },
  certificate_revoked: { status: 403, meaning: 'The certificate was revoked.' },
  token_unknown: { status: 401, meaning: 'There is no such enrolment token.' },
  token_expired: { status: 401, meaning: 'The enrolment token is over.' },
  token_used_up: { status: 401, meaning: 'The enrolment token was used as often as it may.' },
  token_revoked: { status: 401, meaning: 'The enrolment token was revoked.' },
  signing_request_refused: {
    status: 422,
    meaning: 'The signing request is not one of P-256, signed by its own key.',
  },
  conflict: { status: 409, meaning: 'It cannot be done in the present state.' },
}
