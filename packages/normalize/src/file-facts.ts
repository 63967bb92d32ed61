import type { FileFacts } from '@pomona/sensor'
import type { Document, MacosFilePart, MacosPart } from './document.ts'
import type { ProcessImage } from './process/image.ts'
import { asActor, withThread } from './process/parts.ts'
import type { UserNames } from './users.ts'

/** An event that is finished but for what was read of its file. */
export interface Finished {
  readonly document: Document
  readonly macos: MacosPart
  readonly subject: ProcessImage
  readonly users: UserNames
  readonly threadId: number | undefined
}

/**
 * Adds to an event what was read of the file it names: to `file`, or to the process where the file
 * is the program it started. Facts of another file are left alone. Changes the event.
 */
export function joinFileFacts(facts: FileFacts, event: Finished): void {
  const { document, subject } = event
  if (document.file?.path === facts.path) joinFile(facts, event)
  else if (document.file === undefined && subject.executable === facts.path) {
    joinProcess(facts, event)
  } else return
  const { sha256 } = facts
  if (sha256 === undefined) return
  const { related } = document
  document.related = { ...related, hash: [...new Set([...(related?.hash ?? []), sha256])] }
}

function joinFile(facts: FileFacts, { document, macos }: Finished): void {
  const { sha256, originUrl, originReferrerUrl, size, mtime } = facts
  const { file } = document
  document.file = {
    ...file,
    // What the file is now, a moment after the event.
    size,
    mtime,
    ...(sha256 !== undefined && { hash: { ...file?.hash, sha256 } }),
    ...(originUrl !== undefined && { origin_url: originUrl }),
    ...(originReferrerUrl !== undefined && { origin_referrer_url: originReferrerUrl }),
  }
  macos.file = { ...macos.file, ...macosPart(facts) }
}

function joinProcess(
  facts: FileFacts,
  { document, macos, subject, users, threadId }: Finished,
): void {
  // Every later event of the image has the digest too.
  subject.sha256 = facts.sha256
  subject.revision += 1
  const actor = asActor(subject, users)
  document.process =
    document.process?.thread === undefined ? actor.process : withThread(subject, threadId)
  const { originUrl } = facts
  macos.process = {
    ...actor.macosProcess,
    ...macosPart(facts),
    ...(originUrl !== undefined && { origin_url: originUrl }),
  }
}

function macosPart({ headerBytes, quarantine }: FileFacts): MacosFilePart {
  return {
    ...(headerBytes !== '' && { header_bytes: headerBytes }),
    ...(quarantine !== undefined && { quarantine }),
  }
}
