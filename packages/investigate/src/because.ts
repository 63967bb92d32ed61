import type { JoinKind } from '@pomona/schema'

/** What a reason names. */
export interface Tie {
  readonly kind: JoinKind
  /** The process that ties, as a person reads it. */
  readonly process: string | undefined
  readonly value: string | undefined
}

const SENTENCES: Readonly<Record<JoinKind, (process: string, value: string) => string>> = {
  first: () => 'This alert opened the incident.',
  same_process: (process) => `It speaks of ${process}, which is part of the incident.`,
  descendant: (process) => `It comes from a descendant of ${process}, which is part of it.`,
  common_ancestor: (process) => `It goes back to ${process}, like earlier alerts of the incident.`,
  pipeline: (process) => `It is of the same command line as ${process}.`,
  launch_item: (process, value) =>
    `launchd started it for the launch item ${value}, which ${process} set up.`,
  file_run: (process, value) => `It runs ${value}, which ${process} wrote.`,
  file_used: (process, value) => `It uses ${value}, which ${process} wrote.`,
  file_named: (_process, value) => `It names ${value}, which is part of the incident.`,
  responsible: (process) => `macOS holds ${process} responsible for it.`,
  acted_on: (process) => `It was done to ${process}, which is part of the incident.`,
  address: (_process, value) => `It shares the address ${value} within the hour.`,
  domain_and_session: (_process, value) =>
    `It shares the domain ${value}, and was typed in the same terminal session soon after.`,
}

/** Says why an alert is part of an incident. */
export function because({ kind, process, value }: Tie): string {
  return SENTENCES[kind](process ?? 'a process', value ?? 'something')
}
