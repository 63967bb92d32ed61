import type { Budget } from '../bytes/budget.ts'
import { readUleb128 } from '../bytes/leb128.ts'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'

// A node of the export trie: uleb128 size of the information (0: none), the information, one byte
// with the number of edges, then for each edge a text with its end and the uleb128 offset of a
// node. The information: uleb128 flags, then by flags: ordinal and imported name (0x08), or offset
// (and resolver, 0x10).
const FLAG_REEXPORT = 0x08
const FLAG_RESOLVER = 0x10
const FLAG_WEAK = 0x04
const NAME_LENGTH_MAX = 65_536

/** A symbol an image gives to others. */
export interface ExportedSymbol {
  readonly name: string
  readonly kind: 'regular' | 'reexport' | 'resolver'
  readonly weak: boolean
  /** From the address of the image; absent for what another image defines. */
  readonly address?: bigint
  /** Of a reexport: the name it has there, empty when it is the same. */
  readonly importedName?: string
}

interface Node {
  readonly offset: number
  readonly prefix: string
}

function readTerminal(view: ByteView, name: string, at: number): ExportedSymbol {
  const flags = readUleb128(view, at)
  const bits = Number(flags.value & 0xffn)
  const weak = (bits & FLAG_WEAK) !== 0
  const first = readUleb128(view, flags.end)
  if ((bits & FLAG_REEXPORT) !== 0) {
    const importedName = view.cString(first.end, NAME_LENGTH_MAX)
    return { name, kind: 'reexport', weak, importedName }
  }
  const kind = (bits & FLAG_RESOLVER) === 0 ? 'regular' : 'resolver'
  return { name, kind, weak, address: first.value }
}

/**
 * Walks the export trie. Every node is visited once: a trie that leads back into itself ends as a
 * problem, not in a loop.
 *
 * @throws AnalysisError when the trie is cut, leads back or costs more than the budget.
 * @see    Apple, dyld: common/MachOFile.cpp, `trieWalk`.
 */
export function readExports(view: ByteView, budget: Budget): readonly ExportedSymbol[] {
  const found: ExportedSymbol[] = []
  if (view.length === 0) return found
  const visited = new Set<number>([0])
  const open: Node[] = [{ offset: 0, prefix: '' }]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    budget.spendSteps()
    const { prefix } = node
    const terminal = readUleb128(view, node.offset)
    if (terminal.value > 0n) {
      budget.spendItems()
      found.push(readTerminal(view, prefix, terminal.end))
    }
    let at = terminal.end + Number(terminal.value)
    const edges = view.u8(at)
    at += 1
    for (let edge = 0; edge < edges; edge++) {
      const label = view.cString(at, NAME_LENGTH_MAX)
      budget.spendBytes(prefix.length + label.length)
      const end = zeroAfter(view, at)
      const child = readUleb128(view, end + 1)
      at = child.end
      const offset = Number(child.value)
      if (visited.has(offset)) {
        const message = `The node at ${offset} is reached twice.`
        throw new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
      }
      visited.add(offset)
      open.push({ offset, prefix: prefix + label })
    }
  }
  return found
}

function zeroAfter(view: ByteView, at: number): number {
  const end = view.bytes.indexOf(0, at)
  if (end === -1) throw new AnalysisError('ERR_ANALYSIS_TRUNCATED', 'A label has no end.')
  return end
}
