export {
  pcapBytes,
  PcapngWriter,
  pktapVersion1,
  pktapVersion2,
  type WrittenOption,
  type WrittenPacket,
  type WrittenPktap,
} from './testing/capture-writer.ts'
export {
  type BuiltAnswer,
  type BuiltHello,
  type BuiltSegment,
  dnsBytes,
  dnsNameBytes,
  ethernet,
  helloExtension,
  helloMessage,
  ipBytes,
  ipBytesOf,
  loopback,
  type PacketEnd,
  tcpPacket,
  tlsRecords,
  udpPacket,
  vector,
} from './testing/packets.ts'
export { type CaptureForm, type Sent, WrittenCapture } from './testing/written-capture.ts'
export { ManualTime } from './testing/manual-time.ts'
export { type Script, ScriptedCommand, ScriptedCommands } from './testing/scripted-commands.ts'
