const POLYNOMIAL = 0x04_c1_1d_b7
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80_00_00_00 ? (sum << 1) ^ POLYNOMIAL : sum << 1
  return sum
})

/** The checksum of POSIX `cksum`, by which a bill of materials knows a file. */
export function posixChecksum(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = (sum << 8) ^ (TABLE[((sum >>> 24) ^ byte) & 0xff] ?? 0)
  // The length follows the content, lowest byte first, without leading zeros.
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) {
    sum = (sum << 8) ^ (TABLE[((sum >>> 24) ^ (length & 0xff)) & 0xff] ?? 0)
  }
  return ~sum >>> 0
}
