import type { Params } from '../scenario/scenario.ts'
import type { Mac } from './mac.ts'
import type { SimulatedProcess } from './processes.ts'

type FileEffect = (mac: Mac, params: Params, by: SimulatedProcess) => void

/**
 * What an event does to the files it names, so that later events describe them as they then are.
 * `create` comes before its event, which already shows the new file; the others come after.
 */
export const FILE_EFFECTS: Readonly<
  Record<string, { readonly before?: FileEffect; readonly after?: FileEffect }>
> = {
  create: {
    before: (mac, { path, mode }, by) => {
      if (typeof path !== 'string') return
      const { euid, egid } = by.credentials
      const bits = typeof mode === 'number' ? { mode: 0o100000 | mode } : {}
      mac.files.create(path, { atNs: mac.nowNs, uid: euid, gid: egid, ...bits })
    },
  },
  rename: {
    after: (mac, { source, to }) => {
      if (typeof source === 'string' && typeof to === 'string') mac.files.rename({ source, to })
    },
  },
  unlink: {
    after: (mac, { target }) => {
      if (typeof target === 'string') mac.files.remove(target)
    },
  },
  clone: { after: copy },
  copyfile: { after: copy },
  setmode: {
    after: (mac, { target, mode }) => {
      if (typeof target === 'string' && typeof mode === 'number') {
        mac.files.change(target, { atNs: mac.nowNs, mode })
      }
    },
  },
  setowner: {
    after: (mac, { target, uid, gid }) => {
      if (typeof target !== 'string' || typeof uid !== 'number' || typeof gid !== 'number') return
      mac.files.change(target, { atNs: mac.nowNs, uid, gid })
    },
  },
}

function copy(mac: Mac, { source, to }: Params, by: SimulatedProcess): void {
  if (typeof source !== 'string' || typeof to !== 'string') return
  const { euid, egid } = by.credentials
  const sizeBytes = mac.files.sizeBytes(source)
  mac.files.create(to, { atNs: mac.nowNs, uid: euid, gid: egid, sizeBytes })
}
