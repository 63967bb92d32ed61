import { Button, Checkbox, Modal } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { EnrolmentTokenRecord } from '@pomona/schema'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { revokeToken } from '../api/agent-commands.ts'
import { tokensQuery } from '../api/agent-queries.ts'
import { KEYS } from '../api/queries.ts'
import { useNow } from '../live/live.tsx'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useAction } from '../shell/use-action.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { TokenDialog } from './token-dialog.tsx'

type TokenState = 'usable' | 'used_up' | 'over' | 'revoked'

function stateOf(token: EnrolmentTokenRecord, nowMs: number): TokenState {
  if (token.revoked !== undefined) return 'revoked'
  if (Date.parse(token.expires) <= nowMs) return 'over'
  return token.uses >= token.uses_max ? 'used_up' : 'usable'
}

function RevokeDialog({
  token,
  onClose,
}: {
  readonly token: EnrolmentTokenRecord
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [withCertificates, setWithCertificates] = useState(false)
  const revoke = useAction({
    run: () => revokeToken(token.id, withCertificates),
    done: ({ serials }) => t('token.revoked_done', { count: serials.length }),
    stale: [KEYS.tokens],
  })
  return (
    <Modal opened onClose={onClose} title={t('token.revoke')} size={440}>
      <p>
        <Untrusted text={token.label} />
      </p>
      <Checkbox
        size="xs"
        label={t('token.revoke_certificates', { count: token.uses })}
        checked={withCertificates}
        onChange={(event) => setWithCertificates(event.currentTarget.checked)}
      />
      <div className="row dialog-actions">
        <Button size="xs" variant="default" onClick={onClose}>
          {t('action.keep')}
        </Button>
        <Button
          size="xs"
          color="red"
          onClick={() => {
            onClose()
            revoke.mutate()
          }}
        >
          {t('token.revoke')}
        </Button>
      </div>
    </Modal>
  )
}

function TokenRow({ token }: { readonly token: EnrolmentTokenRecord }) {
  const { t, i18n } = useTranslation()
  const [revoking, dialog] = useDisclosure()
  const number = new Intl.NumberFormat(i18n.language)
  const state = stateOf(token, useNow())
  return (
    <tr>
      <th scope="row">
        <Untrusted text={token.label} />
      </th>
      <td className={state === 'usable' ? 'look-ok' : 'dim'}>{t(`token.state.${state}`)}</td>
      <td className="number">
        {number.format(token.uses)} / {number.format(token.uses_max)}
      </td>
      <td>
        <Timestamp time={token.expires} />
      </td>
      <td>
        <Timestamp time={token.created} form="age" />{' '}
        <span className="dim">
          <Untrusted text={token.created_by} />
        </span>
      </td>
      <td>
        {token.revoked === undefined && (
          <Button size="compact-xs" variant="default" onClick={dialog.open}>
            {t('token.revoke')}
          </Button>
        )}
        {revoking && <RevokeDialog token={token} onClose={dialog.close} />}
      </td>
    </tr>
  )
}

/** Tokens by which Macs enrol: made for a few Macs and a short time, and revoked. */
export function Tokens() {
  const { t } = useTranslation()
  const query = useQuery(tokensQuery)
  const [making, dialog] = useDisclosure()
  return (
    <section className="card" aria-label={t('token.title')}>
      <div className="card-head">
        <h2>{t('token.title')}</h2>
        <span className="dim">{t('token.hint')}</span>
        <span className="grow" />
        <Button
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={dialog.open}
        >
          {t('token.new')}
        </Button>
      </div>
      <TokenDialog opened={making} onClose={dialog.close} />
      {query.isPending && <PanelLoading lines={3} />}
      {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && query.data.items.length === 0 && (
        <PanelEmpty title={t('token.none')} Icon={IconKey} />
      )}
      {query.isSuccess && query.data.items.length > 0 && (
        <div className="scroll ledger-table">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t('token.label')}</th>
                <th scope="col">{t('host.state')}</th>
                <th scope="col" className="number">
                  {t('token.uses')}
                </th>
                <th scope="col">{t('token.expires')}</th>
                <th scope="col">{t('token.created')}</th>
                <th scope="col" aria-label={t('field.action')} />
              </tr>
            </thead>
            <tbody>
              {query.data.items.map((token) => (
                <TokenRow key={token.id} token={token} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
