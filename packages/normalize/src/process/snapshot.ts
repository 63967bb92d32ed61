/**
 * One row of a list of running processes, such as `ps -axo pid,ppid,uid,lstart,comm,args` prints.
 * Such a list knows neither pid versions nor signatures.
 */
export interface ProcessSnapshotRow {
  readonly pid: number
  readonly parentPid?: number
  /** Effective user id. */
  readonly userId?: number
  /** RFC 3339; `ps` knows whole seconds. */
  readonly startTime?: string
  /** Absolute path of the executable. */
  readonly executable?: string
  /** The arguments as one text: where one ends and the next begins is lost. */
  readonly commandLine?: string
}
