import { Button } from '@mantine/core'
import { IconBug, IconCompassOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link, useRouteError } from 'react-router'
import { Untrusted } from '../text/untrusted.tsx'
import { PanelEmpty } from './panel-state.tsx'

/** What stands in for a page that failed to draw or to load. */
export function PageError() {
  const { t } = useTranslation()
  const error = useRouteError()
  return (
    <div className="page-center">
      <PanelEmpty title={t('state.broken')} hint={t('state.broken_hint')} Icon={IconBug}>
        <code className="mono dim">
          <Untrusted
            text={error instanceof Error ? error.message : String(error)}
            lengthMax={400}
          />
        </code>
        <Button size="compact-sm" variant="default" onClick={() => location.reload()}>
          {t('state.reload')}
        </Button>
      </PanelEmpty>
    </div>
  )
}

/** An address that names nothing. */
export function NotFound() {
  const { t } = useTranslation()
  return (
    <div className="page-center">
      <PanelEmpty title={t('state.no_page')} Icon={IconCompassOff}>
        <Button size="compact-sm" variant="default" component={Link} to="/alerts">
          {t('state.to_alerts')}
        </Button>
      </PanelEmpty>
    </div>
  )
}
