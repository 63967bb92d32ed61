import { type EcsEvent, fieldPath, fieldValue } from '@pomona/schema'
import { pathTemplate } from './path-template.ts'

/** Who signed the process of an alert, as far as the kernel's facts tell. */
export const CAUSE_SIGNERS = [
  'platform',
  'developer',
  'adhoc',
  'unsigned',
  'untrusted',
  'invalid',
  'unknown',
] as const
/** One of {@link CAUSE_SIGNERS}. */
export type CauseSigner = (typeof CAUSE_SIGNERS)[number]

/** What alerts of a rule have in common: the same program, started the same way, on such a file. */
export interface Cause {
  readonly signer: CauseSigner
  readonly signing_id?: string
  readonly team_id?: string
  /** Templates, written as Sigma strings. */
  readonly process?: string
  readonly parent?: string
  /** Team of the parent, where a developer's signature vouches for it. */
  readonly parent_team_id?: string
  readonly file?: string
}

/** How much of a rule's alerts have one cause. */
export interface CauseShare {
  readonly cause: Cause
  readonly alerts: number
  readonly hosts: number
  /** 0 to 1, of all alerts of the rule. */
  readonly share: number
}

const PATHS = {
  platform: fieldPath('macos.process.platform_binary'),
  status: fieldPath('process.code_signature.status'),
  signingId: fieldPath('process.code_signature.signing_id'),
  teamId: fieldPath('process.code_signature.team_id'),
  process: fieldPath('process.executable'),
  parent: fieldPath('process.parent.executable'),
  parentStatus: fieldPath('process.parent.code_signature.status'),
  parentTeamId: fieldPath('process.parent.code_signature.team_id'),
  file: fieldPath('file.path'),
} as const

/** Finds the cause of an alert in the event that completed it. Never throws. */
export function causeOf(event: EcsEvent): Cause {
  const text = (name: keyof typeof PATHS): string | undefined => {
    const value = fieldValue(event, PATHS[name])
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const place = (name: 'process' | 'parent' | 'file') => {
    const path = text(name)
    return path === undefined ? {} : { [name]: pathTemplate(path) }
  }
  const signingId = text('signingId')
  const teamId = text('teamId')
  const parentTeamId = text('parentStatus') === 'trusted' ? text('parentTeamId') : undefined
  return {
    signer: signerOf(fieldValue(event, PATHS.platform), text('status')),
    ...(signingId === undefined ? {} : { signing_id: signingId }),
    ...(teamId === undefined ? {} : { team_id: teamId }),
    ...place('process'),
    ...place('parent'),
    ...(parentTeamId === undefined ? {} : { parent_team_id: parentTeamId }),
    ...place('file'),
  }
}

function signerOf(platform: unknown, status: string | undefined): CauseSigner {
  if (platform === true) return 'platform'
  if (status === 'trusted') return 'developer'
  return CAUSE_SIGNERS.find((one) => one === status) ?? 'unknown'
}
