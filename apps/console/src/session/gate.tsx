import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LanguageMenu, SchemeMenu } from '../shell/header.tsx'
import { Logo } from '../shell/logo.tsx'
import './session.css'

interface GateProps {
  readonly title: string
  readonly hint: string
  readonly children: ReactNode
}

/** The card of the pages before sign-in. */
export function Gate({ title, hint, children }: GateProps) {
  const { t } = useTranslation()
  return (
    <div className="gate">
      <div className="gate-tools">
        <LanguageMenu />
        <SchemeMenu />
      </div>
      <main className="gate-card card">
        <div className="gate-brand">
          <Logo size={44} />
          <div>
            <strong className="gate-name">{t('app.name')}</strong>
            <div className="dim">{t('app.tagline')}</div>
          </div>
        </div>
        <h1>{title}</h1>
        <p className="dim gate-hint">{hint}</p>
        {children}
      </main>
    </div>
  )
}
