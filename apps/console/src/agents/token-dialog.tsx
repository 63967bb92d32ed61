import { Button, Modal, NumberInput, Select, TextInput } from '@mantine/core'
import type { EnrolmentTokenMade } from '@pomona/schema'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { makeToken } from '../api/agent-commands.ts'
import { KEYS } from '../api/queries.ts'
import { useAction } from '../shell/use-action.ts'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { enrolmentCommand } from './enrolment-command.ts'

const HOUR_SECONDS = 3_600
const LIFETIMES = { hour: HOUR_SECONDS, day: 24 * HOUR_SECONDS, week: 168 * HOUR_SECONDS } as const
type Lifetime = keyof typeof LIFETIMES
const LIFETIME_NAMES: readonly Lifetime[] = ['hour', 'day', 'week']
const USES_MAX = 100_000

function Made({ made }: { readonly made: EnrolmentTokenMade }) {
  const { t } = useTranslation()
  const command = enrolmentCommand({ serverUrl: made.server_url, token: made.token })
  return (
    <div className="column token-made">
      <p>
        <strong>{t('token.once')}</strong>
      </p>
      <p className="dim">{t('token.paste')}</p>
      <div className="row token-text">
        <code className="mono grow">
          <Untrusted text={command} mono />
        </code>
        <CopyButton text={command} label={t('token.command')} />
      </div>
      <p className="dim">{t('token.alone')}</p>
      <div className="row token-text">
        <code className="mono grow">
          <Untrusted text={made.token} mono />
        </code>
        <CopyButton text={made.token} label={t('token.token')} />
      </div>
      <p className="dim">
        {t('token.valid_until')} <Timestamp time={made.record.expires} />
      </p>
    </div>
  )
}

interface TokenFormProps {
  readonly onMade: (made: EnrolmentTokenMade) => void
}

function TokenForm({ onMade }: TokenFormProps) {
  const { t } = useTranslation()
  const [label, setLabel] = useState('')
  const [uses, setUses] = useState(1)
  const [lifetime, setLifetime] = useState<Lifetime>('day')
  const make = useAction({
    run: makeToken,
    done: (made) => {
      onMade(made)
      return t('token.made')
    },
    stale: [KEYS.tokens],
  })
  return (
    <form
      className="column token-form"
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate({ label, uses_max: uses, lifetime_seconds: LIFETIMES[lifetime] })
      }}
    >
      <TextInput
        data-autofocus
        required
        maxLength={100}
        label={t('token.label')}
        description={t('token.label_hint')}
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <div className="row">
        <NumberInput
          className="grow"
          label={t('token.uses_max')}
          min={1}
          max={USES_MAX}
          allowDecimal={false}
          value={uses}
          onChange={(value) => setUses(typeof value === 'number' ? value : 1)}
        />
        <Select
          className="grow"
          label={t('token.lifetime')}
          allowDeselect={false}
          value={lifetime}
          onChange={(value) => setLifetime(LIFETIME_NAMES.find((name) => name === value) ?? 'day')}
          data={LIFETIME_NAMES.map((name) => ({
            value: name,
            label: t(`token.lifetimes.${name}`),
          }))}
        />
      </div>
      <div className="row dialog-actions">
        <Button type="submit" size="xs" loading={make.isPending} disabled={label.trim() === ''}>
          {t('token.make')}
        </Button>
      </div>
    </form>
  )
}

interface TokenDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

/** Makes an enrolment token and shows, once, the command to paste on a Mac. */
export function TokenDialog({ opened, onClose }: TokenDialogProps) {
  const { t } = useTranslation()
  const [made, setMade] = useState<EnrolmentTokenMade>()
  const close = () => {
    setMade(undefined)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title={t('token.new')} size={620}>
      {made === undefined ? <TokenForm onMade={setMade} /> : <Made made={made} />}
    </Modal>
  )
}
