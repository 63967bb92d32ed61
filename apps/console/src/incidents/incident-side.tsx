import { Button, Textarea } from '@mantine/core'
import type { IncidentDetail } from '@pomona/schema'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Activity } from '../alerts/activity.tsx'
import { Section } from '../alerts/alert-side.tsx'
import { TechniqueTags } from '../alerts/techniques.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { useNote } from './use-decide.ts'

const NOTE_CHARACTERS_MAX = 4_000

function NoteForm({ id }: { readonly id: string }) {
  const { t } = useTranslation()
  const note = useNote(id)
  const [text, setText] = useState('')
  const save = () => {
    if (text.trim() !== '') note.mutate(text, { onSuccess: () => setText('') })
  }
  return (
    <form
      className="note-form"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <Textarea
        size="xs"
        autosize
        minRows={2}
        maxRows={8}
        maxLength={NOTE_CHARACTERS_MAX}
        aria-label={t('incident.note')}
        placeholder={t('incident.note')}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          save()
        }}
      />
      <Button
        size="compact-xs"
        type="submit"
        variant="default"
        disabled={text.trim() === ''}
        loading={note.isPending}
      >
        {t('incident.note_save')}
      </Button>
    </form>
  )
}

function Root({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const { root, host, origin } = detail.incident
  if (root === undefined) return null
  const path = `/hosts/${encodeURIComponent(host.id)}/processes/${encodeURIComponent(root.entity_id)}`
  return (
    <Section title={t('incident.root')}>
      <p className="side-text">
        <Link to={path}>
          <Untrusted text={root.name ?? root.executable} />
        </Link>{' '}
        <span className="dim">{root.pid}</span>
        {origin !== undefined && origin !== root.name && (
          <>
            {' '}
            <span className="dim">{t('incident.origin')}</span> <Untrusted text={origin} />
          </>
        )}
      </p>
      <p className="side-text incident-command">
        <Untrusted text={root.command_line ?? root.executable} mono lengthMax={300} />
      </p>
    </Section>
  )
}

/** Where it began, what it shows, and what people did and wrote. */
export function IncidentSide({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const { incident, activity } = detail
  return (
    <aside className="alert-side" aria-label={t('alert.side')}>
      <Root detail={detail} />
      {incident.techniques.length > 0 && (
        <Section title={t('field.techniques')}>
          <div className="incident-techniques">
            <TechniqueTags ids={incident.techniques} />
          </div>
        </Section>
      )}
      <Section title={t('activity.title')}>
        <NoteForm id={incident.id} />
        <Activity entries={activity.toReversed()} />
      </Section>
    </aside>
  )
}
