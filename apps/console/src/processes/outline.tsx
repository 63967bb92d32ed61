import { IconChevronDown, IconChevronRight, IconPointFilled } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ProcessLine } from './process-line.tsx'
import { type TreeRow, treeStep, worstSeverity } from './tree.ts'

interface OutlineProps {
  readonly rows: readonly TreeRow[]
  readonly focus: string
  readonly selected: string
  readonly origin: string | undefined
  readonly onSelect: (id: string) => void
  readonly onExpand: (id: string, expanded: boolean) => void
}

function Rails({ row }: { readonly row: TreeRow }) {
  return (
    <span className="tree-rails" aria-hidden>
      {row.rails.slice(1).map((continues, level) => (
        // oxlint-disable-next-line react/no-array-index-key -- a rail is its level
        <span key={level} className={continues ? 'tree-rail tree-rail-on' : 'tree-rail'} />
      ))}
      {row.depth > 0 && (
        <span className={row.last ? 'tree-rail tree-elbow' : 'tree-rail tree-tee'} />
      )}
    </span>
  )
}

interface OutlineRowProps extends Omit<OutlineProps, 'rows'> {
  readonly row: TreeRow
}

function Twisty({ row, onExpand }: Pick<OutlineRowProps, 'row' | 'onExpand'>) {
  if (row.node.children.length === 0) {
    return (
      <span className="tree-twisty" aria-hidden>
        <IconPointFilled size={8} />
      </span>
    )
  }
  const Icon = row.expanded ? IconChevronDown : IconChevronRight
  return (
    <span
      className="tree-twisty tree-twisty-on"
      aria-hidden
      onClick={(event) => {
        event.stopPropagation()
        onExpand(row.id, !row.expanded)
      }}
    >
      <Icon size={13} stroke={2} />
    </span>
  )
}

function OutlineRow(props: OutlineRowProps) {
  const { row, focus, selected, origin, onSelect, onExpand } = props
  const { t } = useTranslation()
  const isSelected = row.id === selected
  const element = useRef<HTMLDivElement>(null)
  const worst = worstSeverity(row.node.process)
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree takes the keys
    <div
      ref={element}
      role="treeitem"
      id={`process-${row.id}`}
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isSelected}
      {...(row.node.children.length > 0 ? { 'aria-expanded': row.expanded } : {})}
      tabIndex={isSelected ? 0 : -1}
      data-process={row.id}
      className={`tree-row ${isSelected ? 'tree-selected' : ''} ${
        row.id === focus ? 'tree-focus' : ''
      } ${worst === undefined ? '' : `tree-alert tree-alert-${worst}`}`}
      onClick={() => onSelect(row.id)}
      onDoubleClick={() => onExpand(row.id, !row.expanded)}
    >
      <Rails row={row} />
      <Twisty row={row} onExpand={onExpand} />
      <ProcessLine node={row.node} focus={focus} origin={origin} />
      {!row.expanded && row.node.children.length > 0 && (
        <span className="tag">{t('tree.collapsed', { count: row.node.children.length })}</span>
      )}
      {row.node.hidden > 0 && (
        <span className="tag">{t('tree.hidden', { count: row.node.hidden })}</span>
      )}
    </div>
  )
}

/** Scrolls a row into the tree's own box; `scrollIntoView` would move the page as well. */
function reveal(box: HTMLElement, row: HTMLElement): void {
  const outer = box.getBoundingClientRect()
  const inner = row.getBoundingClientRect()
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom
}

/** The process tree as an indented outline: one tab stop, walked with the arrow keys. */
export function Outline(props: OutlineProps) {
  const { rows, selected, focus, onSelect, onExpand } = props
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const walking = useRef(false)
  useEffect(() => {
    const row = box.current?.querySelector<HTMLElement>(`[data-process="${CSS.escape(selected)}"]`)
    if (walking.current) row?.focus({ preventScroll: true })
    if (box.current !== null && row !== null && row !== undefined) reveal(box.current, row)
    walking.current = false
  }, [selected])
  const onKey = (event: KeyboardEvent) => {
    const step = treeStep(rows, { id: selected, key: event.key })
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    // The page's own listener sits on the document, past React's: it must not see this key either.
    event.nativeEvent.stopImmediatePropagation()
    walking.current = step.kind === 'focus'
    if (step.kind === 'focus') onSelect(step.id)
    else onExpand(step.id, step.kind === 'expand')
  }
  return (
    <div
      ref={box}
      className="tree scroll"
      role="tree"
      tabIndex={-1}
      aria-label={t('tree.label')}
      onKeyDown={onKey}
    >
      <div className="tree-inner">
        {rows.map((row) => (
          <OutlineRow
            key={row.id}
            row={row}
            focus={focus}
            selected={selected}
            origin={props.origin}
            onSelect={onSelect}
            onExpand={onExpand}
          />
        ))}
      </div>
    </div>
  )
}
