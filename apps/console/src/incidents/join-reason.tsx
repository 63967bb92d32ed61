import type { IncidentJoin } from '@pomona/schema'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'

/** Why an alert is part of its incident, in the reader's language. */
export function joinReason(t: TFunction, { kind, process, value }: IncidentJoin): string {
  const name = process === undefined ? '' : `${process.name ?? '?'} (${process.pid})`
  return t(`join.${kind}`, { process: name, value: value ?? '' })
}

/** The reason as a line of text. */
export function JoinReason({ join }: { readonly join: IncidentJoin }) {
  const { t } = useTranslation()
  return <Untrusted text={joinReason(t, join)} lengthMax={300} />
}
