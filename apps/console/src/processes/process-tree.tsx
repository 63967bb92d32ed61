import { SegmentedControl } from '@mantine/core'
import type { ProcessNode, ProcessTree } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { treeQuery } from '../api/queries.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { readSetting, writeSetting } from '../shell/settings.ts'
import { Outline } from './outline.tsx'
import { ProcessDetails } from './process-details.tsx'
import { buildTree, treeRows } from './tree.ts'
import './tree.css'

const Graph = lazy(async () => ({ default: (await import('./graph.tsx')).Graph }))

interface ProcessTreePanelProps {
  readonly hostId: string
  readonly entityId: string
}

type View = 'outline' | 'graph'

function useView() {
  const [view, setView] = useState<View>(() =>
    readSetting('tree_view') === 'graph' ? 'graph' : 'outline',
  )
  const choose = (next: View) => {
    writeSetting('tree_view', next)
    setView(next)
  }
  return [view, choose] as const
}

/** A tree of processes, as an outline or a drawing, with the details of the chosen one. */
export function TreeView({ tree }: { readonly tree: ProcessTree }) {
  const { t } = useTranslation()
  const [view, setView] = useView()
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const [chosen, setChosen] = useState(tree.focus)
  const roots = useMemo(() => buildTree(tree.nodes, tree.focus), [tree])
  const rows = useMemo(() => treeRows(roots, collapsed), [roots, collapsed])
  const byId = useMemo(
    () => new Map<string, ProcessNode>(tree.nodes.map((node) => [node.entity_id, node])),
    [tree],
  )
  const selected = byId.get(chosen) ?? byId.get(tree.focus) ?? tree.nodes[0]
  const expand = (id: string, expanded: boolean) => {
    const next = new Set(collapsed)
    if (expanded) next.delete(id)
    else next.add(id)
    setCollapsed(next)
  }
  const walk = {
    focus: tree.focus,
    selected: selected?.entity_id ?? '',
    origin: byId.get(tree.focus)?.start,
    onSelect: setChosen,
  }
  return (
    <>
      <div className="tree-tools">
        <span className="dim">{t('tree.count', { count: tree.nodes.length })}</span>
        {tree.truncated && <span className="tag">{t('tree.truncated')}</span>}
        <span className="grow" />
        <SegmentedControl
          size="xs"
          value={view}
          aria-label={t('tree.view')}
          onChange={(next) => setView(next === 'graph' ? 'graph' : 'outline')}
          data={[
            { value: 'outline', label: t('tree.outline') },
            { value: 'graph', label: t('tree.graph') },
          ]}
        />
      </div>
      <div className="tree-split">
        {view === 'outline' ? (
          <Outline rows={rows} onExpand={expand} {...walk} />
        ) : (
          <Suspense fallback={<PanelLoading />}>
            <Graph roots={roots} {...walk} />
          </Suspense>
        )}
        {selected !== undefined && <ProcessDetails process={selected} focus={tree.focus} />}
      </div>
    </>
  )
}

/** Ancestors, siblings and descendants of a process, with the details of the chosen one. */
export function ProcessTreePanel({ hostId, entityId }: ProcessTreePanelProps) {
  const { t } = useTranslation()
  const query = useQuery(treeQuery({ hostId, entityId }))
  if (query.isPending) return <PanelLoading lines={7} />
  if (query.isError) {
    return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  }
  if (query.data.nodes.length === 0) {
    return <PanelEmpty title={t('tree.empty')} hint={t('tree.empty_hint')} />
  }
  return <TreeView key={query.data.focus} tree={query.data} />
}
