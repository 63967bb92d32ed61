import type { Budget } from '../../bytes/budget.ts'
import type { ByteView } from '../../bytes/view.ts'
import { damaged } from '../stop.ts'
import type { Blocks } from './object.ts'

/** A record of a tree. */
export interface TreeRecord {
  readonly key: ByteView
  readonly value: ByteView
}

/** What is needed to walk a tree. */
export interface TreeOptions {
  readonly blocks: Blocks
  readonly budget: Budget
  /** Turns the number of a node into its block: itself, or what an object map says. */
  readonly resolve: (id: number) => number | undefined
  /** Bytes of keys and values, where they are the same for all and not listed. */
  readonly fixed?: { readonly keyBytes: number; readonly valueBytes: number }
}

const FLAG_ROOT = 1
const FLAG_LEAF = 2
const FLAG_FIXED = 4
const DATA_AT = 56
const INFO_BYTES = 40
const DEPTH_MAX = 16
const NO_VALUE = 0xff_ff

/**
 * All records of a tree, in order.
 *
 * ```
 * header (32), flags (2), level (2), keys (4), table: offset (2), length (2); free space …
 * 56    table: where each key and value is; keys count from its end, values from the node's end
 * ```
 *
 * @throws AnalysisError when a node is none, is met twice, or lies absurdly deep.
 */
export function* treeRecords(root: number, options: TreeOptions): Generator<TreeRecord> {
  yield* walk(root, { options, seen: new Set(), depth: 0 })
}

interface Walk {
  readonly options: TreeOptions
  readonly seen: Set<number>
  readonly depth: number
}

function* walk(id: number, { options, seen, depth }: Walk): Iterable<TreeRecord> {
  const block = options.resolve(id)
  if (block === undefined) throw damaged(`Node ${id} of a tree is nowhere.`)
  if (seen.has(block) || depth > DEPTH_MAX) throw damaged('A tree runs in a circle.')
  seen.add(block)
  options.budget.spendSteps()
  const node = options.blocks.object(block)
  const isLeaf = (node.u16(32) & FLAG_LEAF) !== 0
  for (const record of recordsOf(node, options)) {
    if (isLeaf) yield record
    else yield* walk(record.value.size64(0), { options, seen, depth: depth + 1 })
  }
}

function* recordsOf(node: ByteView, { budget, fixed }: TreeOptions): Iterable<TreeRecord> {
  const flags = node.u16(32)
  const count = node.u32(36)
  const tableAt = DATA_AT + node.u16(40)
  const keysAt = tableAt + node.u16(42)
  const end = node.length - (flags & FLAG_ROOT ? INFO_BYTES : 0)
  const isLeaf = (flags & FLAG_LEAF) !== 0
  const isFixed = (flags & FLAG_FIXED) !== 0
  const entryBytes = isFixed ? 4 : 8
  for (let index = 0; index < count; index++) {
    budget.spendSteps()
    const at = tableAt + index * entryBytes
    const keyAt = keysAt + node.u16(at)
    const valueOffset = node.u16(at + (isFixed ? 2 : 4))
    const keyBytes = isFixed ? (fixed?.keyBytes ?? 16) : node.u16(at + 2)
    const ownBytes = isFixed ? (fixed?.valueBytes ?? 16) : node.u16(at + 6)
    const valueBytes = isLeaf ? ownBytes : 8
    if (valueOffset === NO_VALUE) continue
    yield {
      key: node.slice(keyAt, keyBytes),
      value: node.slice(end - valueOffset, Math.min(valueBytes, valueOffset)),
    }
  }
}
