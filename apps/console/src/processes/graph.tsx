import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { BOX, type GraphBox, graphLayout } from './graph-layout.ts'
import { ProcessMarks } from './process-line.tsx'
import { SignerBadge } from './signer-badge.tsx'
import { pathTo, type TreeNode, worstSeverity } from './tree.ts'

interface GraphProps {
  readonly roots: readonly TreeNode[]
  readonly focus: string
  readonly selected: string
  readonly onSelect: (id: string) => void
}

interface BoxProps extends Omit<GraphProps, 'roots'> {
  readonly box: GraphBox
  readonly onPath: boolean
}

function ProcessBox({ box, focus, selected, onPath, onSelect }: BoxProps) {
  const { process, hidden } = box.node
  const worst = worstSeverity(process)
  const id = process.entity_id
  return (
    <button
      type="button"
      data-process={id}
      aria-pressed={id === selected}
      className={`plain-button graph-box ${id === selected ? 'graph-selected' : ''} ${
        onPath ? 'graph-path' : ''
      } ${worst === undefined ? '' : `tree-alert-${worst} graph-alert`}`}
      style={{ left: box.x, top: box.y - BOX.height / 2, width: BOX.width, height: BOX.height }}
      onClick={() => onSelect(id)}
    >
      <span className="row">
        <strong className="clip grow">
          <Untrusted text={process.name ?? process.executable} clip />
        </strong>
        <span className="mono dim">{process.pid}</span>
      </span>
      <span className="row graph-marks">
        <ProcessMarks process={process} focus={focus} />
        <SignerBadge
          signer={process.signer}
          teamId={process.team_id}
          signingId={process.signing_id}
        />
        {hidden > 0 && <span className="dim">{`+${hidden}`}</span>}
      </span>
    </button>
  )
}

/** The process tree as a drawing from left to right; the way to the focus stands out. */
export function Graph({ roots, focus, selected, onSelect }: GraphProps) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const layout = useMemo(() => graphLayout(roots), [roots])
  const path = useMemo(() => new Set(pathTo(roots, focus)), [roots, focus])
  useEffect(() => {
    if (layout.boxes.length === 0) return
    const sheet = box.current
    const element = sheet?.querySelector(`[data-process="${CSS.escape(focus)}"]`)
    if (sheet === null || element === null || element === undefined) return
    // The box alone is moved: scrollIntoView would take the page along.
    const [outer, inner] = [sheet.getBoundingClientRect(), element.getBoundingClientRect()]
    sheet.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2
    sheet.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2
  }, [focus, layout])
  return (
    <div ref={box} className="graph scroll" role="group" aria-label={t('tree.label')}>
      <div className="graph-sheet" style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden focusable="false">
          {layout.edges.map((edge) => (
            <path
              key={edge.to}
              d={edge.path}
              className={path.has(edge.to) ? 'graph-edge graph-edge-path' : 'graph-edge'}
            />
          ))}
        </svg>
        {layout.boxes.map((one) => (
          <ProcessBox
            key={one.node.process.entity_id}
            box={one}
            focus={focus}
            selected={selected}
            onPath={path.has(one.node.process.entity_id)}
            onSelect={onSelect}
          />
        ))}
      </div>
    </div>
  )
}
