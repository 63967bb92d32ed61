import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import {
  IconCheck,
  IconDeviceDesktop,
  IconKeyboard,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
  type TablerIcon,
} from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { signOut } from '../api/commands.ts'
import { KEYS } from '../api/queries.ts'
import { useLive, useNow } from '../live/live.tsx'
import { LANGUAGES, setLanguage } from '../locales/i18n.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { localOffset } from '../time/format.ts'
import { useTimeMode } from '../time/time-mode.tsx'
import { useHelp } from './help.tsx'

function LiveMark() {
  const { t } = useTranslation()
  const { state } = useLive()
  return (
    <Tooltip label={t(`live.${state}_hint`)}>
      <span className={`live live-${state}`} role="status">
        <span className="live-dot" aria-hidden />
        {t(`live.${state}`)}
      </span>
    </Tooltip>
  )
}

function ZoneSwitch() {
  const { t } = useTranslation()
  const { zone, setZone } = useTimeMode()
  const nowMs = useNow()
  const other = zone === 'utc' ? 'local' : 'utc'
  return (
    <Tooltip label={t('time.switch', { zone: t(`time.${other}`) })}>
      <button type="button" className="plain-button zone" onClick={() => setZone(other)}>
        {t(`time.${zone}`)}
        {zone === 'local' && <span className="zone-offset">{localOffset(nowMs)}</span>}
      </button>
    </Tooltip>
  )
}

/** The language menu; also stands on the sign-in pages. */
export function LanguageMenu() {
  const { t, i18n } = useTranslation()
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('shell.language')}>
          <IconLanguage size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map(({ code, name }) => (
          <Menu.Item
            key={code}
            lang={code}
            onClick={() => void setLanguage(code)}
            rightSection={i18n.language === code ? <IconCheck size={14} /> : undefined}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const SCHEMES: readonly {
  readonly scheme: 'light' | 'dark' | 'auto'
  readonly Icon: TablerIcon
}[] = [
  { scheme: 'light', Icon: IconSun },
  { scheme: 'dark', Icon: IconMoon },
  { scheme: 'auto', Icon: IconDeviceDesktop },
]

/** The menu for light, dark and the system's choice; also stands on the sign-in pages. */
export function SchemeMenu() {
  const { t } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { Icon } = SCHEMES.find(({ scheme }) => scheme === colorScheme) ?? { Icon: IconSun }
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('shell.scheme')}>
          <Icon size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ scheme, Icon: SchemeIcon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<SchemeIcon size={15} />}
            rightSection={scheme === colorScheme ? <IconCheck size={14} /> : undefined}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`scheme.${scheme}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function UserMenu({ user }: { readonly user: string }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const leave = async () => {
    await signOut()
    client.clear()
    client.setQueryData(KEYS.session, null)
  }
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <button type="button" className="plain-button user" aria-label={t('shell.account')}>
          <IconUser size={15} stroke={1.7} aria-hidden />
          <Untrusted text={user} clip />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => void leave()}>
          {t('session.sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** The bar above every page: name, connection, and how things are shown. */
export function Header({ user }: { readonly user: string }) {
  const { t } = useTranslation()
  const help = useHelp()
  return (
    <header className="header">
      <strong className="header-name">{t('app.name')}</strong>
      <span className="header-tag dim">{t('app.tagline')}</span>
      <span className="grow" />
      <LiveMark />
      <ZoneSwitch />
      <Tooltip label={t('help.title')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={help.open}
          aria-label={t('help.title')}
          aria-keyshortcuts="?"
        >
          <IconKeyboard size={17} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <LanguageMenu />
      <SchemeMenu />
      <UserMenu user={user} />
    </header>
  )
}
