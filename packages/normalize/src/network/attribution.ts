import type { PacketProcess } from '@pomona/sensor'
import type { OtherProcessPart, ProcessPart } from '../document.ts'
import { pathName } from '../path.ts'
import type { ProcessImage } from '../process/image.ts'
import type { ProcessSnapshotRow } from '../process/snapshot.ts'
import type { ProcessTable } from '../process/table.ts'

/**
 * The process a packet names, as far as it is known. The kernel states a pid and a short name, no
 * pid version.
 */
export type Attribution =
  | { readonly by: 'table'; readonly image: ProcessImage }
  | { readonly by: 'snapshot'; readonly row: ProcessSnapshotRow }
  | { readonly by: 'packet'; readonly named: PacketProcess }

const UTF8 = new TextEncoder()
/** Bytes of the kernel's short names; a name of so many may have been cut. */
const NAME_CUT_BYTES: ReadonlySet<number> = new Set([15, 16, 31, 32])

/**
 * Finds the process of a packet by its pid, unless its name says that another process has had that
 * pid in the meantime, or that an exec was missed.
 */
export function attribute(named: PacketProcess, processes: ProcessTable): Attribution {
  const { pid, name } = named
  if (pid === undefined) return { by: 'packet', named }
  const image = processes.newest(pid)
  if (image !== undefined && agrees(name, image.name)) return { by: 'table', image }
  const row = processes.seeded(pid)
  const path = row?.executable
  if (row !== undefined && agrees(name, path === undefined ? undefined : pathName(path))) {
    return { by: 'snapshot', row }
  }
  return { by: 'packet', named }
}

// A stub knows no name, and says no more than the packet does.
function agrees(kernelName: string | undefined, imageName: string | undefined): boolean {
  if (imageName === undefined) return false
  if (kernelName === undefined || kernelName === imageName) return true
  const isCut = NAME_CUT_BYTES.has(UTF8.encode(kernelName).length)
  return isCut && imageName.startsWith(kernelName.replace(/\uFFFD+$/, ''))
}

/** What a packet alone says about a process. */
export function packetProcessPart({ pid, name }: PacketProcess): ProcessPart & OtherProcessPart {
  return Object.freeze({
    ...(pid !== undefined && { pid }),
    ...(name !== undefined && { name }),
  })
}

/** What a list of processes says about one. */
export function snapshotProcessPart(row: ProcessSnapshotRow): ProcessPart & OtherProcessPart {
  const { pid, executable, commandLine } = row
  const name = executable === undefined ? undefined : pathName(executable)
  return Object.freeze({
    pid,
    ...(name !== undefined && { name }),
    ...(executable !== undefined && { executable }),
    ...(commandLine !== undefined && { command_line: commandLine }),
  })
}
