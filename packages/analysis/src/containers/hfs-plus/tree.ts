import type { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'
import type { ByteSource } from '../source.ts'
import { damaged } from '../stop.ts'

const DESCRIPTOR_BYTES = 14
const HEADER_NODE_BYTES = 512
const KIND_LEAF = 0xff
const KEY_LENGTH_BYTES = 2

/** A record of a leaf: its key without the length, and what is stored under it. */
export interface TreeRecord {
  readonly key: ByteView
  readonly data: ByteView
}

/**
 * All records of a B-tree, along the chain of its leaves.
 *
 * ```
 * node    next (4), previous (4), kind (1), height (1), records (2); offsets (2) from its end back
 * header  at 14: depth (2), root (4), records (4), first leaf (4), last leaf (4), node bytes (2)
 * record  key bytes (2), key, padding to 2, data
 * ```
 *
 * @throws AnalysisError when a node is none, or the chain runs in a circle.
 */
export function* treeRecords(source: ByteSource, budget: Budget): Iterable<TreeRecord> {
  if (source.length < HEADER_NODE_BYTES) return
  const header = new ByteView(source.read(0, HEADER_NODE_BYTES), 'big')
  const nodeBytes = header.u16(32)
  const isPower = nodeBytes >= HEADER_NODE_BYTES && (nodeBytes & (nodeBytes - 1)) === 0
  if (!isPower) throw damaged(`Nodes of ${nodeBytes} bytes are none.`)
  const seen = new Set<number>()
  for (let number = header.u32(24); number !== 0;) {
    if (seen.has(number)) throw damaged('The leaves of the tree run in a circle.')
    seen.add(number)
    budget.spendSteps()
    const node = new ByteView(source.read(number * nodeBytes, nodeBytes), 'big')
    if (node.u8(8) !== KIND_LEAF) throw damaged(`Node ${number} of the tree is no leaf.`)
    yield* recordsOf(node, budget)
    number = node.u32(0)
  }
}

function* recordsOf(node: ByteView, budget: Budget): Iterable<TreeRecord> {
  const count = node.u16(10)
  for (let index = 0; index < count; index++) {
    budget.spendSteps()
    const offset = node.u16(node.length - 2 * (index + 1))
    const end = node.u16(node.length - 2 * (index + 2))
    if (offset < DESCRIPTOR_BYTES || end <= offset) throw damaged('A record of the tree is none.')
    const record = node.slice(offset, end - offset)
    const keyBytes = record.u16(0)
    const dataAt = KEY_LENGTH_BYTES + keyBytes + (keyBytes % 2)
    yield { key: record.slice(KEY_LENGTH_BYTES, keyBytes), data: record.from(dataAt) }
  }
}
