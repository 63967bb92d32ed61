import { Button, Menu } from '@mantine/core'
import { type CommandRecord, type HostRecord, LogLevel } from '@pomona/schema'
import {
  IconChevronDown,
  IconChevronRight,
  IconClipboardData,
  IconPlugConnected,
  IconRefresh,
  IconTerminal2,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { cancelCommand, issueCommand } from '../api/agent-commands.ts'
import { commandQuery, commandsQuery } from '../api/agent-queries.ts'
import { KEYS } from '../api/queries.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useAction } from '../shell/use-action.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { CommandStateBadge } from './command-state.tsx'

type Listed = Omit<CommandRecord, 'result'>
const RESULT_SHOWN_MAX = 20_000

function useIssue(hostId: string) {
  const { t } = useTranslation()
  return useAction({
    run: (request: Parameters<typeof issueCommand>[1]) => issueCommand(hostId, request),
    done: ({ action }) => t('command.issued', { action: t(`command.action.${action}`) }),
    stale: [KEYS.commands],
  })
}

/** What a host's agent can be told to do. */
function CommandButtons({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const issue = useIssue(host.id)
  const sensors = host.agent?.sensors ?? []
  return (
    <div className="row wrap">
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlugConnected size={14} aria-hidden />}
        onClick={() => issue.mutate({ action: 'ping', expires_seconds: 300 })}
      >
        {t('command.action.ping')}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconClipboardData size={14} aria-hidden />}
        onClick={() => issue.mutate({ action: 'collect_posture' })}
      >
        {t('command.action.collect_posture')}
      </Button>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="default"
            disabled={sensors.length === 0}
            leftSection={<IconRefresh size={14} aria-hidden />}
            rightSection={<IconChevronDown size={13} aria-hidden />}
          >
            {t('command.action.restart_sensor')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {sensors.map(({ sensor }) => (
            <Menu.Item
              key={sensor}
              onClick={() => issue.mutate({ action: 'restart_sensor', parameters: { sensor } })}
            >
              <Untrusted text={sensor} mono />
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconTerminal2 size={14} aria-hidden />}
            rightSection={<IconChevronDown size={13} aria-hidden />}
          >
            {t('command.action.set_log_level')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {LogLevel.options.map((level) => (
            <Menu.Item
              key={level}
              onClick={() => issue.mutate({ action: 'set_log_level', parameters: { level } })}
            >
              <code className="mono">{level}</code>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  )
}

function CommandResult({ id }: { readonly id: string }) {
  const query = useQuery(commandQuery(id))
  if (query.isPending) return <PanelLoading lines={2} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  const { result } = query.data
  if (result === undefined) return null
  return (
    <div className="letter-sample">
      <Untrusted text={JSON.stringify(result, null, 2)} mono lengthMax={RESULT_SHOWN_MAX} />
    </div>
  )
}

function CommandDetails({ command }: { readonly command: Listed }) {
  const { t } = useTranslation()
  return (
    <div className="letter-body">
      <ol className="command-steps">
        {command.history.map((step) => (
          <li key={`${step.state} ${step.at}`} className="row">
            <CommandStateBadge state={step.state} />
            <Timestamp time={step.at} form="clock" />
            <span className="dim">
              <Untrusted text={step.by} />
            </span>
            {step.code !== undefined && <Untrusted text={step.code} mono />}
          </li>
        ))}
      </ol>
      <p className="dim">
        {t('command.expires')} <Timestamp time={command.expires_at} />
      </p>
      {command.message !== undefined && <Untrusted text={command.message} lengthMax={1_000} />}
      {command.state === 'unknown' && <p className="dim">{t('command.unknown_hint')}</p>}
      <CommandResult id={command.id} />
    </div>
  )
}

function CommandRow({ command }: { readonly command: Listed }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const cancel = useAction({
    run: () => cancelCommand(command.id),
    done: () => t('command.cancelled'),
    stale: [KEYS.commands],
  })
  const Chevron = open ? IconChevronDown : IconChevronRight
  const canCancel = command.state === 'queued' || command.state === 'sent'
  return (
    <li className="letter">
      <div className="row command-row">
        <button
          type="button"
          className="plain-button evidence-head grow"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Chevron size={14} aria-hidden className="dim" />
          <Timestamp time={command.issued_at} />
          <CommandStateBadge state={command.state} />
          <strong>{t(`command.action.${command.action}`)}</strong>
          {Object.entries(command.parameters).map(([name, value]) => (
            <Untrusted key={name} text={value} mono />
          ))}
          <span className="grow clip dim">
            <Untrusted text={command.issued_by} clip />
          </span>
        </button>
        {canCancel && (
          <Button
            size="compact-xs"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t('command.cancel')}
          </Button>
        )}
      </div>
      {open && <CommandDetails command={command} />}
    </li>
  )
}

/** What a host was told to do, and what came of it. */
export function CommandsPanel({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const query = useQuery(commandsQuery({ hostId: host.id }))
  return (
    <div className="scroll grow host-sections">
      <section className="card" aria-label={t('host.tab.commands')}>
        <div className="card-head">
          <h2>{t('command.title')}</h2>
          <span className="dim">{t('command.hint')}</span>
          <span className="grow" />
          <CommandButtons host={host} />
        </div>
        {query.isPending && <PanelLoading lines={5} />}
        {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && query.data.items.length === 0 && (
          <PanelEmpty
            title={t('command.none')}
            hint={t('command.none_hint')}
            Icon={IconTerminal2}
          />
        )}
        {query.isSuccess && (
          <ul className="letters">
            {query.data.items.map((command) => (
              <CommandRow key={command.id} command={command} />
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}
