import { Button, Popover } from '@mantine/core'
import { IconCalendarTime, IconChevronDown } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { shortTime, type TimeFormat } from './format.ts'
import { fromInput, SPANS, toInput } from './range.ts'
import { useTimeFormat, useTimeMode } from './time-mode.tsx'
import './time.css'

/** Bounds of a time filter: spans such as `-24h` or timestamps. */
export interface TimeRange {
  readonly from?: string
  readonly to?: string
}

/** A range in words: "last 24 h", "since …", "until …", "… – …". */
export function describeRange(
  { from, to }: TimeRange,
  { t, format }: { readonly t: TFunction; readonly format: TimeFormat },
): string {
  const span = SPANS.find((one) => one === from)
  if (span !== undefined && to === undefined) return t(`range.${span}`)
  if (from === undefined && to === undefined) return t('range.any')
  if (from === undefined) return t('range.until', { time: shortTime(to ?? '', format) })
  if (to === undefined) return t('range.since', { time: shortTime(from, format) })
  return `${shortTime(from, format)} – ${shortTime(to, format)}`
}

interface RangeFormProps {
  readonly range: TimeRange
  readonly onChange: (range: TimeRange) => void
}

function RangeForm({ range, onChange }: RangeFormProps) {
  const { t } = useTranslation()
  const { zone } = useTimeMode()
  const [from, setFrom] = useState(() => toInput(range.from, zone))
  const [to, setTo] = useState(() => toInput(range.to, zone))
  return (
    <form
      className="range-form"
      onSubmit={(event) => {
        event.preventDefault()
        const start = fromInput(from, zone)
        const end = fromInput(to, zone)
        onChange({
          ...(start === undefined ? {} : { from: start }),
          ...(end === undefined ? {} : { to: end }),
        })
      }}
    >
      <label className="range-field">
        <span className="dim">{t('range.from')}</span>
        <input
          type="datetime-local"
          step={1}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label className="range-field">
        <span className="dim">{t('range.to')}</span>
        <input
          type="datetime-local"
          step={1}
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <Button type="submit" size="compact-sm" disabled={from === '' && to === ''}>
        {t('range.apply', { zone: t(`time.${zone}`) })}
      </Button>
    </form>
  )
}

/** Chooses a span up to now or two exact times. */
export function RangePicker({ range, onChange }: RangeFormProps) {
  const { t } = useTranslation()
  const format = useTimeFormat()
  const [opened, setOpened] = useState(false)
  const choose = (next: TimeRange) => {
    setOpened(false)
    onChange(next)
  }
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus width={300}>
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          className="tool"
          leftSection={<IconCalendarTime size={14} aria-hidden />}
          rightSection={<IconChevronDown size={13} aria-hidden />}
          onClick={() => setOpened(!opened)}
        >
          {describeRange(range, { t, format })}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="range-spans">
          <button type="button" className="plain-button range-span" onClick={() => choose({})}>
            {t('range.any')}
          </button>
          {SPANS.map((span) => (
            <button
              key={span}
              type="button"
              className="plain-button range-span"
              aria-pressed={range.from === span && range.to === undefined}
              onClick={() => choose({ from: span })}
            >
              {t(`range.${span}`)}
            </button>
          ))}
        </div>
        <RangeForm range={range} onChange={choose} />
      </Popover.Dropdown>
    </Popover>
  )
}
