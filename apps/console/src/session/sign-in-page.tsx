import { Button, PasswordInput, TextInput } from '@mantine/core'
import { SignInRequest } from '@pomona/schema'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, useSearchParams } from 'react-router'
import { signIn } from '../api/commands.ts'
import { KEYS, sessionQuery } from '../api/queries.ts'
import { ConsoleError } from '../errors.ts'
import { Gate } from './gate.tsx'
import { returnPath } from './return-path.ts'

/**
 * What to tell somebody whose sign-in was refused; the server's words may be in another language.
 */
export function FormError({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  const status = error instanceof ConsoleError ? error.status : undefined
  const offline = error instanceof ConsoleError && error.code === 'ERR_CONSOLE_OFFLINE'
  const limited = status === 429
  const wrong = status === 401 || status === 403 || status === 400
  return (
    <div className="gate-error" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      {offline && t('session.offline')}
      {limited && t('session.limited')}
      {wrong && t('session.wrong')}
      {!offline && !limited && !wrong && t('session.failed')}
    </div>
  )
}

/** Signs in and goes where one wanted to go. */
export function SignInPage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [parameters] = useSearchParams()
  const session = useQuery(sessionQuery)
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const opening = useMutation({
    mutationFn: signIn,
    onSuccess: (info) => client.setQueryData(KEYS.session, info),
  })
  if (session.isSuccess && session.data !== null) {
    return <Navigate to={returnPath(parameters.get('return'))} replace />
  }
  const complete = SignInRequest.safeParse({ name, password }).success
  return (
    <Gate title={t('session.sign_in')} hint={t('session.sign_in_hint')}>
      <form
        className="gate-form"
        onSubmit={(event) => {
          event.preventDefault()
          opening.mutate({ name, password })
        }}
      >
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
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {opening.isError && <FormError error={opening.error} />}
        <Button type="submit" loading={opening.isPending} disabled={!complete}>
          {t('session.sign_in')}
        </Button>
      </form>
    </Gate>
  )
}
