import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type ReactNode, useEffect, useRef } from 'react'
import './table.css'

/** A column: its width is a CSS grid track. */
export interface Column<T> {
  readonly key: string
  readonly title: ReactNode
  readonly width: string
  /** Numbers stand on the right, under a title on the right. */
  readonly numeric?: boolean
  readonly cell: (item: T, index: number) => ReactNode
}

/** How further rows are fetched when the end comes into view. */
export interface MoreRows {
  readonly has: boolean
  readonly busy: boolean
  readonly load: () => void
}

interface VirtualTableProps<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  readonly more?: MoreRows
  readonly rowClass?: (item: T) => string
  readonly onOpen?: (item: T, index: number) => void
  /** What stands under a row that is open. */
  readonly renderBelow?: (item: T) => ReactNode
  /** The row the keyboard is on; it is scrolled into view and focused when it changes. */
  readonly current?: number
  readonly selected?: (item: T) => boolean
  /** Known number of rows, when more than the loaded ones exist. */
  readonly total?: number
}

const ROW_HEIGHT = 31
const OVERSCAN = 12
/** Rows from the end at which the next page is asked for. */
const MORE_BEFORE_END = 15

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, label') !== null
}

function cellClass({ numeric }: { readonly numeric?: boolean }): string {
  return numeric === true ? 'table-cell number' : 'table-cell'
}

interface RowProps<T> {
  readonly table: VirtualTableProps<T>
  readonly item: T
  readonly index: number
  readonly style: CSSProperties
}

function Row<T>({ table, item, index, style }: RowProps<T>) {
  const { columns, rowClass, onOpen, current, selected } = table
  const isCurrent = index === current
  const isSelected = selected?.(item)
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      {...(isSelected === undefined ? {} : { 'aria-selected': isSelected })}
      data-row={index}
      tabIndex={isCurrent ? 0 : -1}
      className={`table-row ${isCurrent ? 'table-current' : ''} ${
        isSelected === true ? 'table-selected' : ''
      } ${onOpen === undefined ? '' : 'table-opens'} ${rowClass?.(item) ?? ''}`}
      style={style}
      onClick={(event) => {
        if (!isControl(event.target)) onOpen?.(item, index)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.target !== event.currentTarget) return
        event.preventDefault()
        onOpen?.(item, index)
      }}
    >
      {columns.map((column) => (
        <div key={column.key} role="gridcell" className={cellClass(column)}>
          {column.cell(item, index)}
        </div>
      ))}
    </div>
  )
}

function useMore(more: MoreRows | undefined, nearEnd: boolean): void {
  useEffect(() => {
    if (nearEnd && more?.has === true && !more.busy) more.load()
  }, [nearEnd, more])
}

function useFocusCurrent(
  box: { readonly current: HTMLDivElement | null },
  {
    current,
    scroll,
  }: { readonly current: number | undefined; readonly scroll: (i: number) => void },
): void {
  const before = useRef(current)
  useEffect(() => {
    if (current === undefined || current === before.current) return undefined
    before.current = current
    scroll(current)
    // The row may only exist after the virtualiser has drawn what it scrolled to.
    const frame = requestAnimationFrame(() => {
      const row = box.current?.querySelector<HTMLElement>(`[data-row="${current}"]`)
      row?.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
  }, [box, current, scroll])
}

/**
 * A table that draws only the rows in view, asks for more at its end, and can open rows in place.
 */
export function VirtualTable<T>(table: VirtualTableProps<T>) {
  const { label, columns, items, keyOf, more, renderBelow, current, total = items.length } = table
  const box = useRef<HTMLDivElement>(null)
  // oxlint-disable-next-line react-compiler/incompatible-library -- the virtualiser returns live functions by design
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: (index) => {
      const item = items[index]
      return item === undefined ? index : keyOf(item)
    },
  })
  const shown = rows.getVirtualItems()
  const lastShown = shown.at(-1)?.index ?? 0
  useMore(more, lastShown >= items.length - MORE_BEFORE_END)
  useFocusCurrent(box, { current, scroll: (index) => rows.scrollToIndex(index, { align: 'auto' }) })
  const tracks = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') }
  return (
    <div
      ref={box}
      className="table scroll grow"
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
    >
      <div role="row" aria-rowindex={1} className="table-head" style={tracks}>
        {columns.map((column) => (
          <div key={column.key} role="columnheader" className={cellClass(column)}>
            {column.title}
          </div>
        ))}
      </div>
      <div role="rowgroup" className="table-body" style={{ height: rows.getTotalSize() }}>
        {shown.map(({ index, start, key }) => {
          const item = items[index]
          if (item === undefined) return null
          return (
            <div
              key={key}
              ref={rows.measureElement}
              data-index={index}
              role="presentation"
              className="table-slot"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Row table={table} item={item} index={index} style={tracks} />
              {renderBelow?.(item)}
            </div>
          )
        })}
      </div>
    </div>
  )
}
