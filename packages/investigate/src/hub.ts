import type { IncidentLimits } from './limits.ts'
import { parentOf, type ProcessNode } from './node.ts'
import { isShell } from './program.ts'

/**
 * What a process is to those it starts.
 *
 * - `launcher`: it starts whatever it is asked to, for anybody. What it started is unrelated.
 * - `shell`: a person types into it. One command says nothing about the next.
 * - `actor`: what it starts is part of what it does.
 */
export type Role = 'launcher' | 'shell' | 'actor'

/** Process 1 starts everything that nobody else started; process 0 is the kernel. */
export const LAUNCHD_PID = 1
const KINDS_OF_SERVICE = 3
// Tools of the base system do one thing for whoever started them; services lie elsewhere.
const TOOL = /^\/(?:usr\/)?bin\//

/**
 * Tells what a process is to those it starts, by structure: who started it, whether it belongs to
 * the system, how long it has run and how many kinds of programs it has started.
 *
 * A process that an alert spoke of is an actor even where it looks like an application at work,
 * but never a launcher of the system or a shell that somebody types into.
 */
export function roleOf(node: ProcessNode, nowMs: number, limits: IncidentLimits): Role {
  const { program, pid } = node
  if (pid <= LAUNCHD_PID) return 'launcher'
  // Only its id was told, and it began before anything was: it may be the terminal of everything.
  if (node.resident && program.executable === undefined) return 'launcher'
  if (program.interactiveShell) return 'shell'
  // It ran before it was first heard of and nothing says that it runs a file.
  const isOld = node.resident && program.commandLine === undefined
  if (isOld && isShell(program.name)) return 'shell'
  if (!isLaunched(node)) return 'actor'
  const ageMs = nowMs - node.startMs
  if (program.platform && !isTrustedTool(node)) {
    const busy = node.childKinds.length >= KINDS_OF_SERVICE
    return node.resident || busy || ageMs > limits.applicationSpanMs ? 'launcher' : 'actor'
  }
  if (!program.trusted || node.alerted || isTrustedTool(node)) return 'actor'
  const busy = node.childKinds.length >= limits.childKindsMax
  return node.resident || busy || ageMs > limits.applicationSpanMs ? 'launcher' : 'actor'
}

/** Started by launchd, or by something so old that it is not known. */
export function isLaunched(node: ProcessNode): boolean {
  const parent = parentOf(node)
  return parent === undefined ? node.resident : parent.pid <= LAUNCHD_PID
}

/** An application or service that writes and starts things for its user: a browser, an archiver. */
export function isServant(node: ProcessNode): boolean {
  return isLaunched(node) && (node.program.trusted || node.program.platform) && !isTrustedTool(node)
}

/** A tool of the base system, such as `/bin/bash`. */
export function isTrustedTool({ program }: ProcessNode): boolean {
  return program.platform && TOOL.test(program.executable ?? '')
}
