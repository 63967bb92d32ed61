import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'

const KNOWN = [
  'foreign_host',
  'foreign_stream',
  'batch_conflict',
  'batch_repeated',
  'batch_invalid',
  'batch_unreadable',
  'batch_too_complex',
  'batch_digest_mismatch',
  'body_too_large',
  'certificate_missing',
  'certificate_untrusted',
  'certificate_unfit',
  'certificate_expired',
  'certificate_not_yet_valid',
  'certificate_revoked',
  'token_unknown',
  'token_expired',
  'token_used_up',
  'token_revoked',
  'rate_limited',
  'tls_version',
  'tls_not_tls',
  'tls_server_not_trusted',
  'tls_too_many_connections',
  'tls_connections_max',
  'tls_reset',
  'tls_timeout',
] as const

/** Why something was refused, in words, with the code that metrics and logs name it by. */
export function RefusalReason({ code }: { readonly code: string }) {
  const { t } = useTranslation()
  const known = KNOWN.find((one) => one === code)
  return (
    <span className="row refusal-reason">
      {known !== undefined && t(`refusal.${known}`)}
      <Untrusted text={code} mono className={known === undefined ? '' : 'dim'} />
    </span>
  )
}
