import { runCommand, type RunTools } from '../command/run.ts'
import { redactText } from '../redact/text.ts'
import { readWhereFroms } from './where-froms.ts'

/** What macOS noted about where a file came from. */
export interface OriginAttributes {
  readonly quarantine?: string
  readonly originUrl?: string
  readonly originReferrerUrl?: string
}

const XATTR = '/usr/bin/xattr'
const LIMITS = { timeoutMs: 2_000, stdoutBytesMax: 256 * 1024 }
const QUARANTINE = 'com.apple.quarantine'
const WHERE_FROMS = 'com.apple.metadata:kMDItemWhereFroms'
const TEXT_LENGTH_MAX = 1_024

/** Reads them by `xattr`, which fails where a file has no such attribute. Never throws. */
export async function originAttributes(tools: RunTools, path: string): Promise<OriginAttributes> {
  // `-s`: of a link the link itself.
  const quarantine = await runCommand(
    tools,
    { path: XATTR, args: ['-s', '-p', QUARANTINE, path] },
    LIMITS,
  )
  // A download has the other one only together with it.
  if (!quarantine.succeeded) return {}
  const froms = await runCommand(
    tools,
    { path: XATTR, args: ['-s', '-p', '-x', WHERE_FROMS, path] },
    LIMITS,
  )
  const value = Buffer.from(quarantine.stdout).toString('utf8').trim().slice(0, TEXT_LENGTH_MAX)
  const [url, referrer] = froms.succeeded ? readWhereFroms(fromHex(froms.stdout)) : []
  return {
    ...(value !== '' && { quarantine: value }),
    // An address may hold a password, or a token that opens what it leads to.
    ...(url !== undefined && { originUrl: redactText(url) }),
    ...(referrer !== undefined && { originReferrerUrl: redactText(referrer) }),
  }
}

function fromHex(printed: Uint8Array): Uint8Array {
  const digits = Buffer.from(printed).toString('latin1').replaceAll(/\s+/g, '')
  return Buffer.from(digits, 'hex')
}
