import { IconBinaryTree2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { hostQuery } from '../api/queries.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { ProcessTreePanel } from './process-tree.tsx'

/** The tree around one process, as a page of its own. */
export function ProcessPage() {
  const { t } = useTranslation()
  const { hostId = '', entityId = '' } = useParams()
  const host = useQuery(hostQuery({ hostId }))
  return (
    <div className="process-page column grow">
      <div className="page-head">
        <IconBinaryTree2 size={18} stroke={1.6} aria-hidden />
        <h1>{t('process.tree')}</h1>
        <Link to={`/hosts/${encodeURIComponent(hostId)}`}>
          <Untrusted text={host.data?.name ?? hostId} />
        </Link>
      </div>
      <section className="card process-card" aria-label={t('tree.label')}>
        <ProcessTreePanel hostId={hostId} entityId={entityId} />
      </section>
    </div>
  )
}
