import { Button, PasswordInput, TextInput } from '@mantine/core'
import { FirstRunRequest } from '@pomona/schema'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate } from 'react-router'
import { firstRun } from '../api/commands.ts'
import { KEYS } from '../api/queries.ts'
import { Gate } from './gate.tsx'
import { fragmentToken, HOME } from './return-path.ts'
import { FormError } from './sign-in-page.tsx'

const PASSWORD_LENGTH_MIN = 12

/** The token of the link, taken out of the address so that it stays in no history or screenshot. */
function useFragmentToken(): string {
  const [token] = useState(() => fragmentToken(location.hash))
  useEffect(() => {
    if (location.hash !== '') history.replaceState(history.state, '', location.pathname)
  }, [])
  return token
}

/** Creates the first user with the one-time link the server printed. */
export function FirstRunPage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const token = useFragmentToken()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const creating = useMutation({
    mutationFn: firstRun,
    onSuccess: (info) => client.setQueryData(KEYS.session, info),
  })
  if (creating.isSuccess) return <Navigate to={HOME} replace />
  const short = password !== '' && password.length < PASSWORD_LENGTH_MIN
  const complete = FirstRunRequest.safeParse({ token, name, password }).success
  return (
    <Gate title={t('first_run.title')} hint={t('first_run.hint')}>
      <form
        className="gate-form"
        onSubmit={(event) => {
          event.preventDefault()
          creating.mutate({ token, name, password })
        }}
      >
        {token === '' && (
          <div className="gate-error" role="alert">
            {t('first_run.no_token')}
          </div>
        )}
        <TextInput
          label={t('session.name')}
          autoComplete="username"
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form alone
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('session.password')}
          description={t('first_run.password_hint', { count: PASSWORD_LENGTH_MIN })}
          error={short ? t('first_run.too_short', { count: PASSWORD_LENGTH_MIN }) : undefined}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {creating.isError && <FormError error={creating.error} />}
        <Button type="submit" loading={creating.isPending} disabled={!complete}>
          {t('first_run.create')}
        </Button>
      </form>
    </Gate>
  )
}
