import { Modal } from '@mantine/core'
import type { AlertUpdate } from '@pomona/schema'
import {
  IconCircleDotted,
  IconProgress,
  IconRotate,
  IconShieldCheck,
  IconShieldX,
  IconUserCheck,
  IconUserOff,
  type TablerIcon,
} from '@tabler/icons-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../session/use-session.ts'

interface TriageAction {
  readonly key: string
  readonly name: 'assign' | 'start' | 'true' | 'false' | 'benign' | 'reopen' | 'unassign'
  readonly Icon: TablerIcon
  readonly update: (user: string) => AlertUpdate
}

const ACTIONS: readonly TriageAction[] = [
  {
    key: 'a',
    name: 'assign',
    Icon: IconUserCheck,
    update: (user) => ({ assignee: user, status: 'in_progress' }),
  },
  { key: 'p', name: 'start', Icon: IconProgress, update: () => ({ status: 'in_progress' }) },
  {
    key: 't',
    name: 'true',
    Icon: IconShieldX,
    update: () => ({ status: 'closed', verdict: 'true_positive' }),
  },
  {
    key: 'f',
    name: 'false',
    Icon: IconCircleDotted,
    update: () => ({ status: 'closed', verdict: 'false_positive' }),
  },
  {
    key: 'b',
    name: 'benign',
    Icon: IconShieldCheck,
    update: () => ({ status: 'closed', verdict: 'benign_positive' }),
  },
  {
    key: 'n',
    name: 'reopen',
    Icon: IconRotate,
    update: () => ({ status: 'new', verdict: null }),
  },
  { key: 'u', name: 'unassign', Icon: IconUserOff, update: () => ({ assignee: null }) },
]

interface TriageDialogProps {
  readonly opened: boolean
  readonly count: number
  /** What is decided about, where it is not alerts. */
  readonly title?: string
  readonly onClose: () => void
  readonly onChoose: (update: AlertUpdate) => void
}

/** Everything one can do with alerts, one letter each. */
export function TriageDialog(props: TriageDialogProps) {
  const { opened, count, onClose, onChoose } = props
  const { t } = useTranslation()
  const user = useSession().name
  const choose = (action: TriageAction) => {
    onClose()
    onChoose(action.update(user))
  }
  // On the page, not the dialog: whoever types fast is ahead of the focus that moves into it.
  useEffect(() => {
    if (!opened) return undefined
    const onKey = (event: KeyboardEvent) => {
      const action = ACTIONS.find(({ key }) => key === event.key)
      if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      choose(action)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={props.title ?? t('triage.title', { count })}
      size={380}
    >
      <div className="triage" role="group">
        {ACTIONS.map((action, index) => (
          <button
            key={action.key}
            {...(index === 0 ? { 'data-autofocus': true } : {})}
            type="button"
            className="plain-button triage-action"
            aria-keyshortcuts={action.key}
            onClick={() => choose(action)}
          >
            <action.Icon size={16} stroke={1.7} aria-hidden />
            <span className="grow">{t(`triage.${action.name}`)}</span>
            <kbd className="kbd">{action.key}</kbd>
          </button>
        ))}
      </div>
    </Modal>
  )
}
