import type { OpenIncident } from './open-incident.ts'

/** A process from fork to exit, whatever images it ran: exec in place does not end it. */
export interface ProcessNode {
  /** Entity ids of its images, oldest first. */
  readonly images: string[]
  readonly pid: number
  parent: ProcessNode | undefined
  /** What it runs now. */
  program: Program
  user: string | undefined
  /** Event time of its start, or of when it was first heard of. */
  readonly startMs: number
  /** Event time of its end; 0 while it runs. */
  endMs: number
  /** It ran before it was first heard of, so how it began is not known. */
  readonly resident: boolean
  /** Name under which launchd started it, as xpcproxy was told. */
  label: string | undefined
  /** Names of the programs its children run, bounded. */
  readonly childKinds: string[]
  /** Children and remembered files and launch items that point here. */
  references: number
  /** Files it wrote that are remembered. */
  filesWritten: number
  /** Newest remembered file it opened. */
  lastRead: { readonly path: string; readonly atMs: number } | undefined
  incident: OpenIncident | undefined
  /** An alert spoke of this very process, not of a relative. */
  alerted: boolean
  /** It was pushed out of a full graph; whoever still points to it treats it as unknown. */
  forgotten: boolean
}

/** The process that forked this one, as far as it is remembered. */
export function parentOf({ parent }: ProcessNode): ProcessNode | undefined {
  return parent === undefined || parent.forgotten ? undefined : parent
}

/** The image a process runs. */
export interface Program {
  readonly pidversion: number | undefined
  readonly name: string | undefined
  readonly executable: string | undefined
  readonly commandLine: string | undefined
  /** Absolute paths among its first arguments. */
  readonly paths: readonly string[]
  /** The file an interpreter runs. */
  readonly script: string | undefined
  readonly groupId: number | undefined
  readonly platform: boolean
  readonly trusted: boolean
  /** A shell that a person types into. */
  readonly interactiveShell: boolean
}
