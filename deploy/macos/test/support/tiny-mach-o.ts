/** A small Mach-O of the shape that signing needs: two segments and a signature to replace. */
export function tinyMachO(cpuType: number): Buffer {
  const code = Buffer.alloc(0x40_00 * 2 + 100, 0x90)
  const linkEditAt = 0x40_00
  let at = 32
  code.writeUInt32LE(0xfe_ed_fa_cf, 0)
  code.writeUInt32LE(cpuType, 4)
  code.writeUInt32LE(0, 8)
  code.writeUInt32LE(2, 12)
  code.writeUInt32LE(3, 16)
  code.writeUInt32LE(72 * 2 + 16, 20)
  for (const [name, offset, size] of [
    ['__TEXT', 0, linkEditAt],
    ['__LINKEDIT', linkEditAt, code.length - linkEditAt],
  ] as const) {
    code.writeUInt32LE(0x19, at)
    code.writeUInt32LE(72, at + 4)
    code.fill(0, at + 8, at + 24)
    code.write(name, at + 8, 'latin1')
    code.writeBigUInt64LE(BigInt(offset), at + 24)
    code.writeBigUInt64LE(0n, at + 32)
    code.writeBigUInt64LE(BigInt(offset), at + 40)
    code.writeBigUInt64LE(BigInt(size), at + 48)
    at += 72
  }
  code.writeUInt32LE(0x1d, at)
  code.writeUInt32LE(16, at + 4)
  code.writeUInt32LE(code.length - 48, at + 8)
  code.writeUInt32LE(48, at + 12)
  return code
}

/** Processor numbers of Apple silicon and of Intel. */
export const CPU = { arm64: 0x01_00_00_0c, x64: 0x01_00_00_07 } as const
