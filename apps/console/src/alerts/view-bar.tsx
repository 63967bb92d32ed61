import { Button, Popover, TextInput } from '@mantine/core'
import { IconBookmarkPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { readSetting, writeSetting } from '../shell/settings.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { type AlertFilters, formatFilters, sameFilters } from './filters.ts'
import { addView, BUILT_IN_VIEWS, formatViews, parseViews, type SavedView } from './views.ts'

interface SaveViewProps {
  readonly onSave: (name: string) => void
}

function SaveView({ onSave }: SaveViewProps) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  const [name, setName] = useState('')
  return (
    <Popover opened={opened} onChange={setOpened} width={260} trapFocus position="bottom-start">
      <Popover.Target>
        <button
          type="button"
          className="plain-button view view-save"
          onClick={() => setOpened(!opened)}
        >
          <IconBookmarkPlus size={14} aria-hidden />
          {t('views.save')}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            onSave(name)
            setName('')
            setOpened(false)
          }}
        >
          <TextInput
            className="grow"
            size="xs"
            maxLength={60}
            aria-label={t('views.name')}
            placeholder={t('views.name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button size="xs" type="submit" disabled={name.trim() === ''}>
            {t('views.save_short')}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}

function target(filters: AlertFilters): string {
  const query = formatFilters(filters).toString()
  return query === '' ? '/alerts' : `/alerts?${query}`
}

/** Saved sets of filters: links, so that they open in a new tab as well. */
export function ViewBar({ filters }: { readonly filters: AlertFilters }) {
  const { t } = useTranslation()
  const [own, setOwn] = useState<readonly SavedView[]>(() => parseViews(readSetting('views')))
  const keep = (views: readonly SavedView[]) => {
    writeSetting('views', formatViews(views))
    setOwn(views)
  }
  const known = [...BUILT_IN_VIEWS, ...own].some((view) => sameFilters(view.filters, filters))
  return (
    <nav className="views" aria-label={t('views.label')}>
      {BUILT_IN_VIEWS.map((view) => (
        <Link
          key={view.key}
          to={target(view.filters)}
          className="view"
          aria-current={sameFilters(view.filters, filters) ? 'page' : undefined}
        >
          {t(`views.${view.key}`)}
        </Link>
      ))}
      {own.map((view) => (
        <span key={view.name} className="row view-own">
          <Link
            to={target(view.filters)}
            className="view"
            aria-current={sameFilters(view.filters, filters) ? 'page' : undefined}
          >
            <Untrusted text={view.name} />
          </Link>
          <button
            type="button"
            className="plain-button copy"
            aria-label={t('views.remove', { name: view.name })}
            onClick={() => keep(own.filter((other) => other.name !== view.name))}
          >
            <IconX size={12} aria-hidden />
          </button>
        </span>
      ))}
      {!known && <SaveView onSave={(name) => keep(addView(own, { name, filters }))} />}
    </nav>
  )
}
