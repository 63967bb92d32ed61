import { Modal } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { useKeys } from './keys.ts'

interface Help {
  readonly open: () => void
}

const HelpContext = createContext<Help>({ open: () => undefined })

const SHORTCUTS = [
  {
    group: 'anywhere',
    keys: [
      ['?', 'help'],
      ['/', 'search'],
      ['g i', 'go_incidents'],
      ['g a', 'go_alerts'],
      ['g h', 'go_hosts'],
      ['g c', 'go_agents'],
      ['g r', 'go_rules'],
      ['g p', 'go_health'],
    ],
  },
  {
    group: 'queue',
    keys: [
      ['j', 'next'],
      ['k', 'previous'],
      ['Enter', 'open'],
      ['x', 'select'],
      ['e', 'triage'],
      ['n', 'show_new'],
      ['Esc', 'clear'],
    ],
  },
  {
    group: 'alert',
    keys: [
      ['j', 'next_alert'],
      ['k', 'previous_alert'],
      ['e', 'triage'],
      ['u', 'back'],
    ],
  },
  {
    group: 'tree',
    keys: [
      ['↑ ↓', 'walk'],
      ['→', 'expand'],
      ['←', 'collapse'],
    ],
  },
] as const

function Shortcuts() {
  const { t } = useTranslation()
  return (
    <div className="help-groups">
      {SHORTCUTS.map(({ group, keys }) => (
        <section key={group}>
          <h2>{t(`help.group.${group}`)}</h2>
          <dl className="help-keys">
            {keys.map(([key, action]) => (
              <div key={key} className="help-key">
                <dt>
                  {key.split(' ').map((part) => (
                    <kbd key={part} className="kbd">
                      {part}
                    </kbd>
                  ))}
                </dt>
                <dd>{t(`help.${action}`)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  )
}

/** The help dialog and the keys that work on every page. */
export function HelpProvider({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [opened, { open, close }] = useDisclosure(false)
  const go = (path: string) => () => void navigate(path)
  useKeys({
    '?': open,
    'g i': go('/incidents'),
    'g a': go('/alerts'),
    'g h': go('/hosts'),
    'g c': go('/agents'),
    'g r': go('/rules'),
    'g p': go('/health'),
  })
  const value = useMemo(() => ({ open }), [open])
  return (
    <HelpContext value={value}>
      {children}
      <Modal opened={opened} onClose={close} title={t('help.title')} size="lg">
        <Shortcuts />
      </Modal>
    </HelpContext>
  )
}

/** Opens the help dialog. */
export function useHelp(): Help {
  return useContext(HelpContext)
}
