import type { Dice } from './dice.ts'

const EXTREMES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7f_ff, 0xff_ff, 0x7f_ff_ff_ff, 0xff_ff_ff_ff]

/** A copy with a few changes such as an attacker or a bad disk would make. */
export function mutated(original: Uint8Array, dice: Dice): Buffer {
  let bytes: Buffer = Buffer.from(original)
  for (let times = dice(4); times >= 0; times--) bytes = mutatedOnce(bytes, dice)
  return bytes
}

function mutatedOnce(bytes: Buffer, dice: Dice): Buffer {
  if (bytes.length < 16) return Buffer.concat([bytes, Buffer.alloc(16, dice(256))])
  const at = dice(bytes.length - 8)
  const extreme = EXTREMES[dice(EXTREMES.length)] ?? 0
  switch (dice(9)) {
    case 0:
      bytes[at] = dice(256)
      return bytes
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice(8))
      return bytes
    case 2:
      bytes.writeUInt32LE(extreme, at)
      return bytes
    case 3:
      bytes.writeUInt32BE(extreme, at)
      return bytes
    case 4:
      bytes.writeUInt16BE(extreme & 0xff_ff, at)
      return bytes
    case 5:
      // A number slightly off: sizes and counts that do not quite add up.
      bytes.writeUInt32BE((bytes.readUInt32BE(at) + dice(9) - 4) >>> 0, at)
      return bytes
    case 6:
      return bytes.subarray(0, at)
    case 7:
      bytes.copy(bytes, dice(bytes.length - 8), at, at + 1 + dice(64))
      return bytes
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(dice(bytes.length))])
  }
}
