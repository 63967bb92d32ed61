import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ConsoleError } from '../errors.ts'
import { visibleText } from '../text/escape.ts'
import { useNotice } from './notice.tsx'

interface ActionOptions<Input, Result> {
  readonly run: (input: Input) => Promise<Result>
  /** What is said when it is done. */
  readonly done: (result: Result, input: Input) => string
  /** What is asked for again. */
  readonly stale: readonly (readonly string[])[]
}

/** Something a person does to the server: says what came of it, and has what it changed read. */
export function useAction<Input, Result>({ run, done, stale }: ActionOptions<Input, Result>) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const notify = useNotice()
  return useMutation({
    mutationFn: run,
    onSuccess: (result, input) => notify({ kind: 'done', text: done(result, input) }),
    onError: (error) => {
      const isForbidden = error instanceof ConsoleError && error.status === 403
      const refused = error instanceof ConsoleError && error.status === 409
      const said = refused ? visibleText(error.message) : t('triage.failed')
      notify({ kind: 'failed', text: isForbidden ? t('action.forbidden') : said })
    },
    onSettled: async () => {
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })))
    },
  })
}
