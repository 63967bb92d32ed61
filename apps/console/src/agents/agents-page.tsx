import { useTranslation } from 'react-i18next'
import { covers } from '../session/roles.ts'
import { useSession } from '../session/use-session.ts'
import { RefusalsCard } from './refusals.tsx'
import { RolloutCard } from './rollout.tsx'
import { Tokens } from './tokens.tsx'
import '../hosts/hosts.css'
import './agents.css'

/** How Macs join the fleet, and what all of them run. */
export function AgentsPage() {
  const { t } = useTranslation()
  const { role } = useSession()
  return (
    <div className="column grow">
      <div className="page-head">
        <h1>{t('nav.agents')}</h1>
      </div>
      <div className="scroll grow host-sections">
        {covers(role, 'engineer') && <Tokens />}
        <RolloutCard />
        <RefusalsCard />
      </div>
    </div>
  )
}
