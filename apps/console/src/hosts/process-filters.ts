import { type Signer, SIGNERS } from '@pomona/schema'

/** What the process list of a host shows, as it stands in the address. */
export interface ProcessFilters {
  readonly q: string
  readonly signer: readonly Signer[]
  /** Absent shows ended ones as well. */
  readonly running?: 'true' | 'false'
}

const TEXT_LENGTH_MAX = 200

/** Reads the address; what makes no sense there is left out. */
export function parseProcessFilters(parameters: URLSearchParams): ProcessFilters {
  const signers = parameters.getAll('signer')
  const running = parameters.get('running')
  return {
    q: (parameters.get('q') ?? '').slice(0, TEXT_LENGTH_MAX),
    signer: SIGNERS.filter((signer) => signers.includes(signer)),
    ...(running === 'true' || running === 'false' ? { running } : {}),
  }
}

/** Writes the filters into an address or a query; the two are the same here. */
export function processQuery(filters: ProcessFilters): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const signer of filters.signer) parameters.append('signer', signer)
  if (filters.q !== '') parameters.set('q', filters.q)
  if (filters.running !== undefined) parameters.set('running', filters.running)
  return parameters
}
