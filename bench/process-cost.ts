/** What processes cost, by the kernel's own books. Linux only. */
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100
const KIBIBYTES = 1_024

/** What a process has used by now. */
export interface ProcessCost {
  readonly cpuSeconds: number
  readonly memoryMiB: number
  readonly memoryPeakMiB: number
}

/** Reads what a process that runs has used. */
export function costOf(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const size = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / KIBIBYTES
  const ticks = Number(fields[11]) + Number(fields[12])
  return {
    cpuSeconds: ticks / TICKS_PER_SECOND,
    memoryMiB: size('VmRSS'),
    memoryPeakMiB: size('VmHWM'),
  }
}
