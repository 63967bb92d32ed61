import type { IncidentUpdate } from '@pomona/schema'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { addNote, updateIncidents } from '../api/commands.ts'
import { KEYS } from '../api/queries.ts'
import { replaceIncident } from '../live/live.tsx'
import { useNotice } from '../shell/notice.tsx'

function isForbidden(error: Error): boolean {
  return 'status' in error && error.status === 403
}

/** Changes incidents on the server and everywhere they are shown, with their alerts. */
export function useDecide() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const notify = useNotice()
  return useMutation({
    mutationFn: ({ ids, update }: { readonly ids: readonly string[]; update: IncidentUpdate }) =>
      updateIncidents(ids, { ...update, with_alerts: true }),
    onSuccess: async (incidents) => {
      for (const incident of incidents) replaceIncident(client, incident)
      notify({ kind: 'done', text: t('incident.done', { count: incidents.length }) })
      await client.invalidateQueries({ queryKey: KEYS.incidents })
      void client.invalidateQueries({ queryKey: KEYS.alerts })
      for (const { id } of incidents) {
        void client.invalidateQueries({ queryKey: [...KEYS.incident, id] })
      }
    },
    onError: (error) => {
      const text = isForbidden(error) ? t('triage.forbidden') : t('triage.failed')
      notify({ kind: 'failed', text })
    },
  })
}

/** Writes a note into an incident's history. */
export function useNote(id: string) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const notify = useNotice()
  return useMutation({
    mutationFn: (text: string) => addNote({ id, text }),
    onSuccess: () => client.invalidateQueries({ queryKey: [...KEYS.incident, id] }),
    onError: (error) => {
      const text = isForbidden(error) ? t('triage.forbidden') : t('triage.failed')
      notify({ kind: 'failed', text })
    },
  })
}
