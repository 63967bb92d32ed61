import type { z } from 'zod'

/** Roles in rising order: each may do what the ones before it may. */
export const ROLES = ['viewer', 'analyst', 'responder', 'engineer', 'admin'] as const
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number]

/** Whether a user's role covers what a route asks for; an unknown role covers nothing. */
export function covers(role: string, needed: Role): boolean {
  const rank = ROLES.findIndex((known) => known === role)
  return rank >= ROLES.indexOf(needed)
}

/**
 * Who may call a route. There is no default: a route without it does not register.
 * - `public`: anybody; must reveal and change nothing by itself.
 * - `session`: a signed-in user of at least this role.
 * - `agent`: a host by its client certificate, on the agents' port only.
 * - `enrolment`: anybody who reaches the agents' port; the handler demands a token.
 */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'session'; readonly role: Role }
  | { readonly kind: 'agent' }
  | { readonly kind: 'enrolment' }

/** What a route takes and gives, from which checks, types and the OpenAPI document come. */
export interface RouteDefinition {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path with `:name` parameters. */
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** What a success carries; absent for an empty answer or one that is not JSON. */
  readonly response?: z.ZodType
  /** Status of a success; 200 when absent. */
  readonly status?: number
  /** Media type of a success that is not JSON. */
  readonly produces?: string
  /** Bytes of the body, where it may have more than the others. */
  readonly bodyBytesMax?: number
  /** The route reads its body by itself and is registered apart. */
  readonly rawBody?: true
}

/**
 * The parsed value of one part of a route's request; `undefined` for a part it does not declare.
 */
export type Part<Definition, Name extends 'params' | 'query' | 'body'> =
  Definition extends Readonly<Record<Name, infer Schema extends z.ZodType>>
    ? z.infer<Schema>
    : undefined

/** What a route's handler returns. */
export type Answer<Definition> = Definition extends {
  readonly response: infer Schema extends z.ZodType
}
  ? z.input<Schema>
  : undefined
