import { Button, Modal } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { DeadLetterPage, QueuedLetter } from '@pomona/schema'
import { IconMailOff, IconRefresh, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { discardLetters, replayLetters } from '../api/agent-commands.ts'
import { lettersQuery } from '../api/agent-queries.ts'
import { KEYS } from '../api/queries.ts'
import { Letter } from '../health/dead-letters.tsx'
import { covers } from '../session/roles.ts'
import { useSession } from '../session/use-session.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useAction } from '../shell/use-action.ts'
import { Facet } from '../table/facet.tsx'
import { useTicks } from '../table/use-ticks.ts'
import { SearchField } from '../text/search-field.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { LETTER_FACETS, letterFilters, toggleFilter } from './letter-filters.ts'
import '../hosts/hosts.css'
import './letters.css'

const STALE = [KEYS.letters, ['health']] as const

function DiscardButton({ ids }: { readonly ids: readonly string[] }) {
  const { t } = useTranslation()
  const [opened, dialog] = useDisclosure()
  const discard = useAction({
    run: discardLetters,
    done: ({ discarded }) => t('letter.discarded', { count: discarded }),
    stale: STALE,
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        disabled={ids.length === 0}
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={dialog.open}
      >
        {t('letter.discard')}
      </Button>
      <Modal
        opened={opened}
        onClose={dialog.close}
        title={t('letter.discard_title', { count: ids.length })}
        size={420}
      >
        <p>{t('letter.discard_hint')}</p>
        <div className="row dialog-actions">
          <Button size="xs" variant="default" onClick={dialog.close}>
            {t('action.keep')}
          </Button>
          <Button
            size="xs"
            color="red"
            onClick={() => {
              dialog.close()
              discard.mutate(ids)
            }}
          >
            {t('letter.discard')}
          </Button>
        </div>
      </Modal>
    </>
  )
}

function ReplayButton({ letters }: { readonly letters: readonly QueuedLetter[] }) {
  const { t } = useTranslation()
  const ids = letters.filter(({ replayable }) => replayable).map(({ id }) => id)
  const replay = useAction({
    run: replayLetters,
    done: ({ replayed, refused }) =>
      t('letter.replayed', { count: replayed, refused: refused.length }),
    stale: STALE,
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      disabled={ids.length === 0}
      loading={replay.isPending}
      leftSection={<IconRefresh size={14} aria-hidden />}
      onClick={() => replay.mutate(ids)}
    >
      {t('letter.replay')}
    </Button>
  )
}

function Books({ counts }: { readonly counts: DeadLetterPage['counts'] }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const sum = (name: 'received' | 'replayed' | 'discarded' | 'dropped') =>
    number.format(counts.reduce((total, count) => total + count[name], 0))
  return (
    <span className="dim">
      {t('letter.books', {
        received: sum('received'),
        replayed: sum('replayed'),
        discarded: sum('discarded'),
        dropped: sum('dropped'),
      })}
    </span>
  )
}

function useLetters() {
  const [parameters, setParameters] = useSearchParams()
  const filters = useMemo(() => letterFilters(parameters), [parameters])
  const query = useInfiniteQuery(lettersQuery(filters))
  const letters = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data])
  return { query, letters, filters, setFilters: setParameters, first: query.data?.pages[0] }
}

type Letters = ReturnType<typeof useLetters>

function Facets({ first, filters, setFilters }: Letters) {
  const { t } = useTranslation()
  if (first === undefined) return null
  return (
    <aside className="facets scroll letter-facets" aria-label={t('filter.label')}>
      {LETTER_FACETS.map((name) => (
        <Facet
          key={name}
          legend={t(`letter.facet.${name}`)}
          values={first.facets[name]}
          chosen={filters.getAll(name)}
          onToggle={(value) => setFilters(toggleFilter(filters, { name, value }))}
          render={({ label, value }) => <Untrusted text={label === '' ? value : label} clip />}
        />
      ))}
    </aside>
  )
}

function LetterList({ list }: { readonly list: Letters }) {
  const { t } = useTranslation()
  const { query, letters } = list
  const { role } = useSession()
  const ticks = useTicks(letters)
  const chosen = letters.filter(({ id }) => ticks.chosen.has(id))
  const mayDecide = covers(role, 'engineer')
  return (
    <section className="card letter-list column grow" aria-label={t('health.letters')}>
      <div className="card-head">
        <label className="row">
          <input type="checkbox" checked={ticks.all} onChange={ticks.toggleAll} />
          {t('letter.chosen', { count: chosen.length })}
        </label>
        {mayDecide && (
          <>
            <ReplayButton letters={chosen} />
            <DiscardButton ids={chosen.map(({ id }) => id)} />
          </>
        )}
        <span className="grow" />
        {list.first !== undefined && <Books counts={list.first.counts} />}
      </div>
      {query.isPending && <PanelLoading lines={8} />}
      {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && letters.length === 0 && (
        <PanelEmpty title={t('health.no_letters')} Icon={IconMailOff} />
      )}
      <ul className="letters scroll grow">
        {letters.map((letter) => (
          <Letter
            key={letter.id}
            letter={letter}
            tick={{ chosen: ticks.chosen.has(letter.id), toggle: () => ticks.toggle(letter.id) }}
          />
        ))}
        {query.hasNextPage && (
          <li className="letter-more">
            <Button
              size="compact-sm"
              variant="default"
              loading={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t('letter.more')}
            </Button>
          </li>
        )}
      </ul>
    </section>
  )
}

/** Records that could not be used: why, a sample, and what to do with them. */
export function LettersPage() {
  const { t } = useTranslation()
  const list = useLetters()
  const field = useRef<HTMLInputElement>(null)
  return (
    <div className="column grow">
      <div className="page-head">
        <h1>{t('health.letters')}</h1>
        <span className="dim">{t('letter.count', { count: list.first?.total ?? 0 })}</span>
        <span className="grow" />
        <div className="page-search">
          <SearchField
            inputRef={field}
            label={t('letter.search')}
            value={list.filters.get('q') ?? ''}
            onChange={(q) => {
              const next = new URLSearchParams(list.filters)
              if (q === '') next.delete('q')
              else next.set('q', q)
              list.setFilters(next, { replace: true })
            }}
          />
        </div>
      </div>
      <div className="row grow letter-page">
        <Facets {...list} />
        <LetterList list={list} />
      </div>
    </div>
  )
}
