import { Button, Modal } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { HostCertificateRecord, HostRecord } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { revokeCertificates } from '../api/agent-commands.ts'
import { certificatesQuery } from '../api/agent-queries.ts'
import { useNow } from '../live/live.tsx'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useAction } from '../shell/use-action.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

function State({ certificate }: { readonly certificate: HostCertificateRecord }) {
  const { t } = useTranslation()
  const isOver = Date.parse(certificate.not_after) <= useNow()
  if (certificate.revoked !== undefined) {
    return <span className="look-bad">{t('certificate.revoked')}</span>
  }
  return isOver ? (
    <span className="dim">{t('certificate.over')}</span>
  ) : (
    <span className="look-ok">{t('certificate.valid')}</span>
  )
}

function RevokeButton({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const [opened, dialog] = useDisclosure()
  const revoke = useAction({
    run: () => revokeCertificates(host.id),
    done: ({ serials }) => t('certificate.revoked_count', { count: serials.length }),
    stale: [['certificates'], ['host']],
  })
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={dialog.open}>
        {t('certificate.revoke')}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={t('certificate.revoke')} size={440}>
        <p>{t('certificate.revoke_hint')}</p>
        <div className="row dialog-actions">
          <Button size="xs" variant="default" onClick={dialog.close}>
            {t('action.keep')}
          </Button>
          <Button
            size="xs"
            color="red"
            onClick={() => {
              dialog.close()
              revoke.mutate()
            }}
          >
            {t('certificate.revoke')}
          </Button>
        </div>
      </Modal>
    </>
  )
}

/** By which certificates a host may speak, and how long. */
export function Certificates({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const query = useQuery(certificatesQuery({ hostId: host.id }))
  return (
    <section className="card" aria-label={t('certificate.title')}>
      <div className="card-head">
        <h2>{t('certificate.title')}</h2>
        <span className="grow" />
        <RevokeButton host={host} />
      </div>
      {query.isPending && <PanelLoading lines={2} />}
      {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && query.data.items.length === 0 && (
        <PanelEmpty title={t('certificate.none')} />
      )}
      {query.isSuccess && query.data.items.length > 0 && (
        <div className="scroll ledger-table">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t('certificate.serial')}</th>
                <th scope="col">{t('host.state')}</th>
                <th scope="col">{t('certificate.issued')}</th>
                <th scope="col">{t('certificate.ends')}</th>
              </tr>
            </thead>
            <tbody>
              {query.data.items.map((certificate) => (
                <tr key={certificate.serial}>
                  <th scope="row">
                    <Untrusted text={certificate.serial} mono clip />
                  </th>
                  <td>
                    <State certificate={certificate} />
                  </td>
                  <td>
                    <Timestamp time={certificate.issued} form="age" />
                  </td>
                  <td>
                    <Timestamp time={certificate.not_after} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
