import type { AlertRecord, Clock, IncidentRecord, Random } from '@pomona/schema'
import type { Logger } from 'pino'
import type { RuleCatalog } from './engine/rule-catalog.ts'
import type { TokenWish } from './pki/enrolment-desk.ts'
import type { GivenStores } from './stores.ts'

/** What a server may be given instead of the machine's own; all optional. */
export interface ServerDeps {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  readonly stores?: GivenStores
  /** Told of each new alert after it is stored; the demo prints them. Must not throw or block. */
  readonly onAlert?: (alert: AlertRecord) => void
  /**
   * Told of each incident after it was made or has changed, with the ids of those that are part of
   * it from now on. Must not throw or block.
   */
  readonly onIncident?: (incident: IncidentRecord, merged: readonly string[]) => void
}

/** A server that runs. */
export interface RunningServer {
  /** Address people and agents use, such as `http://127.0.0.1:8443`; no slash at the end. */
  readonly address: string
  /** Makes the first user; present only while there is none. Show it once, to the operator only. */
  readonly firstRunLink: string | undefined
  /** Address of the agents' port, such as `https://localhost:8444`; no slash at the end. */
  readonly agentAddress: string
  /** Certificates that agents trust that port by, PEM. */
  readonly authority: string
  /**
   * A token by which the first Macs enrol, when there was never one. Show it once, to the operator
   * only.
   */
  readonly enrolmentToken: string | undefined
  /** Makes another one. @returns Its text; only a hash is kept. */
  makeEnrolmentToken(wish: TokenWish): Promise<string>
  /** Resolves when the server cannot go on by itself and has to be started again. */
  readonly failure: Promise<Error>
  /** Pid of the projector's process that lives now, where it has its own. */
  projectorPid(): number | undefined
  /**
   * Reads the rules again. @throws ServerError ERR_CONTENT_UNREADABLE; the old rules stay in force.
   */
  reloadRules(actor: string): Promise<RuleCatalog>
  /** Stops accepting, finishes what is under way, closes the stores. At most ten seconds. */
  close(): Promise<void>
}
