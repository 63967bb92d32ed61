import type { AlertUpdate } from '@pomona/schema'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { updateAlert, updateAlerts } from '../api/commands.ts'
import { KEYS } from '../api/queries.ts'
import { replaceAlert } from '../live/live.tsx'
import { useNotice } from '../shell/notice.tsx'

interface Triage {
  readonly ids: readonly string[]
  readonly update: AlertUpdate
}

async function change({ ids, update }: Triage) {
  const [first] = ids
  if (ids.length === 1 && first !== undefined) return [await updateAlert(first, update)]
  return updateAlerts(ids, update)
}

/** Changes alerts on the server and everywhere they are shown. */
export function useTriage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const notify = useNotice()
  return useMutation({
    mutationFn: change,
    onSuccess: async (alerts) => {
      for (const alert of alerts) replaceAlert(client, alert)
      notify({ kind: 'done', text: t('triage.done', { count: alerts.length }) })
      // One's own change may move alerts out of the queue: counts and rows are read again.
      await client.invalidateQueries({ queryKey: KEYS.alerts })
      for (const { id } of alerts) void client.invalidateQueries({ queryKey: [...KEYS.alert, id] })
    },
    onError: (error) => {
      const forbidden = 'status' in error && error.status === 403
      notify({ kind: 'failed', text: forbidden ? t('triage.forbidden') : t('triage.failed') })
    },
  })
}
