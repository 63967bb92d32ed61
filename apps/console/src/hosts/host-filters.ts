import { HOST_STATES, type HostRecord, type HostState } from '@pomona/schema'
import { type Condition, type ConditionKind, CONDITIONS } from './conditions.ts'

/** Which hosts are listed; the address holds exactly these. */
export interface HostFilters {
  readonly q: string
  readonly state: HostState | undefined
  /** A kind of problem, or any. */
  readonly problem: ConditionKind | 'any' | undefined
}

/** Reads filters from an address; what is no filter is left out. */
export function parseHostFilters(parameters: URLSearchParams): HostFilters {
  const problem = parameters.get('problem')
  return {
    q: parameters.get('q') ?? '',
    state: HOST_STATES.find((state) => state === parameters.get('state')),
    problem: problem === 'any' ? 'any' : CONDITIONS.find((kind) => kind === problem),
  }
}

/** Writes filters into an address. */
export function formatHostFilters({ q, state, problem }: HostFilters): URLSearchParams {
  const parameters = new URLSearchParams()
  if (q !== '') parameters.set('q', q)
  if (state !== undefined) parameters.set('state', state)
  if (problem !== undefined) parameters.set('problem', problem)
  return parameters
}

/** State of a host; one whose agent never reported has none of its own. */
export function stateOf({ agent }: HostRecord): HostState {
  return agent?.state ?? 'never'
}

/** A host and what is wrong with it. */
export interface JudgedHost {
  readonly host: HostRecord
  readonly conditions: readonly Condition[]
}

/** Whether a host is listed. */
export function fitsFilters({ host, conditions }: JudgedHost, filters: HostFilters): boolean {
  const { q, state, problem } = filters
  const needle = q.toLowerCase()
  const texts = [host.name, host.id, host.os_version, host.agent_version]
  if (!texts.some((text) => text?.toLowerCase().includes(needle))) return false
  if (state !== undefined && stateOf(host) !== state) return false
  if (problem === undefined) return true
  return problem === 'any' ? conditions.length > 0 : conditions.some(({ kind }) => kind === problem)
}
