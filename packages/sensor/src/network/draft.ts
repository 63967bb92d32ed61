import { formatTime } from '@pomona/schema'
import type { PacketProcess } from './capture/packet.ts'
import { communityId } from './community-id.ts'
import type { NetworkRecord } from './record.ts'

type Told = Omit<
  NetworkRecord,
  'sequence' | 'time' | 'communityId' | 'direction' | 'interface' | 'vlan' | 'process' | 'effective'
>

/** A record before it has its place in the stream; what is unknown is `undefined`. */
export interface RecordDraft extends Told {
  readonly atNs: bigint
  readonly direction: NetworkRecord['direction'] | undefined
  readonly interfaceName: string | undefined
  readonly vlan: number | undefined
  readonly process: PacketProcess | undefined
  readonly effective: PacketProcess | undefined
}

/** Makes the record of a draft. */
export function networkRecord(draft: RecordDraft, sequence: number): NetworkRecord {
  const { atNs, direction, interfaceName, vlan, process, effective, ...told } = draft
  return {
    sequence,
    time: formatTime(atNs),
    ...told,
    communityId: communityId(draft),
    ...(direction !== undefined && { direction }),
    ...(interfaceName !== undefined && { interface: interfaceName }),
    ...(vlan !== undefined && { vlan }),
    ...(process !== undefined && { process }),
    ...(effective !== undefined && { effective }),
  }
}
