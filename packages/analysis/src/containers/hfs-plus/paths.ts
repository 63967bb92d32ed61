/** What is needed of a folder to know its path. */
export interface PlacedFolder {
  readonly id: number
  readonly parent: number
  readonly name: string
  readonly kind: string
}

const DEPTH_MAX = 128

/**
 * The path of every folder by its id; the root's is empty. A folder whose parents run in a circle
 * or lead nowhere hangs at the top, under its own name.
 */
export function folderPaths(
  items: readonly PlacedFolder[],
  root: number,
): ReadonlyMap<number, string> {
  const folders = new Map(items.filter(({ kind }) => kind === 'folder').map((one) => [one.id, one]))
  const paths = new Map<number, string>([[root, '']])
  for (const { id } of folders.values()) {
    const chain: PlacedFolder[] = []
    let at = folders.get(id)
    while (at !== undefined && !paths.has(at.id) && chain.length < DEPTH_MAX) {
      chain.push(at)
      at = folders.get(at.parent)
    }
    let path = (at && paths.get(at.id)) ?? ''
    for (const folder of chain.toReversed()) {
      path = path === '' ? folder.name : `${path}/${folder.name}`
      paths.set(folder.id, path)
    }
  }
  return paths
}
