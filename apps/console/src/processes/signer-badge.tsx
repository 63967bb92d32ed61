import type { Signer } from '@pomona/schema'
import {
  IconBrandApple,
  IconCertificate,
  IconFingerprintOff,
  IconShieldOff,
  IconSignatureOff,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'
import '../theme/badges.css'

const ICONS: Readonly<Record<Signer, TablerIcon>> = {
  platform: IconBrandApple,
  developer: IconCertificate,
  adhoc: IconFingerprintOff,
  unsigned: IconSignatureOff,
  invalid: IconShieldOff,
}

interface SignerBadgeProps {
  readonly signer: Signer | undefined
  readonly teamId?: string | undefined
  readonly signingId?: string | undefined
}

/** Who signed an image, as icon, word and colour; a developer by the team id. */
export function SignerBadge({ signer, teamId, signingId }: SignerBadgeProps) {
  const { t } = useTranslation()
  if (signer === undefined) return null
  const Icon = ICONS[signer]
  const title = [t(`signer.${signer}_hint`), signingId, teamId]
    .filter((part) => part !== undefined)
    .map((part) => visibleText(part))
    .join(' · ')
  return (
    <span className={`signer signer-${signer}`} title={title}>
      <Icon size={12} stroke={1.8} aria-hidden />
      {signer === 'developer' && teamId !== undefined ? (
        <Untrusted text={teamId} />
      ) : (
        t(`signer.${signer}`)
      )}
    </span>
  )
}
