/** What can go wrong with the saved state of incidents. */
export type IncidentErrorCode = 'ERR_INCIDENT_STATE'

/** A saved state that cannot be taken up again. The way out is the log, from its start. */
export class IncidentError extends Error {
  readonly code: IncidentErrorCode

  constructor(code: IncidentErrorCode, message: string) {
    super(message)
    this.name = 'IncidentError'
    this.code = code
  }
}
