import type { ProcessNode } from '@pomona/schema'
import type { TFunction } from 'i18next'
import { Link } from 'react-router'
import { ProcessLife, ProcessMarks } from '../processes/process-line.tsx'
import { SignerBadge } from '../processes/signer-badge.tsx'
import type { Column } from '../table/virtual-table.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import '../processes/tree.css'

/** Columns of a host's process list. */
export function processColumns(t: TFunction): readonly Column<ProcessNode>[] {
  return [
    {
      key: 'start',
      width: '118px',
      title: t('process.start'),
      cell: ({ start }) => <Timestamp time={start} />,
    },
    {
      key: 'name',
      width: 'minmax(150px, 0.9fr)',
      title: t('field.process'),
      cell: (process) => (
        <span className="row">
          <Link
            className="queue-rule clip"
            to={`/hosts/${encodeURIComponent(process.host_id)}/processes/${encodeURIComponent(process.entity_id)}`}
          >
            <Untrusted text={process.name ?? process.executable} clip />
          </Link>
          <span className="mono dim">{process.pid}</span>
          <ProcessMarks process={process} focus="" />
        </span>
      ),
    },
    {
      key: 'signer',
      width: '118px',
      title: t('process.signer'),
      cell: ({ signer, team_id: teamId, signing_id: signingId }) => (
        <SignerBadge signer={signer} teamId={teamId} signingId={signingId} />
      ),
    },
    {
      key: 'user',
      width: 'minmax(60px, 0.4fr)',
      title: t('field.user'),
      cell: (process) => <Untrusted text={process.user_name ?? process.user_id} clip />,
    },
    {
      key: 'command',
      width: 'minmax(200px, 2.6fr)',
      title: t('process.command_line'),
      cell: (process) => <Untrusted text={process.command_line ?? process.executable} mono clip />,
    },
    {
      key: 'life',
      width: '130px',
      numeric: true,
      title: t('process.life'),
      cell: (process) => <ProcessLife process={process} />,
    },
  ]
}
