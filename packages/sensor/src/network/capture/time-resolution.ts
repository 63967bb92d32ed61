/** How an interface states time. */
export interface TimeResolution {
  /** Nanoseconds of `ticks` ticks, from the epoch. */
  nanoseconds(ticks: bigint): bigint
}

const NS_PER_S = 1_000_000_000n
const DECIMAL_MAX = 18
const BINARY_MAX = 63
/** Beyond the year 2261 no timestamp of ours reaches. */
const NS_MAX = (1n << 63n) - 1n

/**
 * The resolution that options `if_tsresol` and `if_tsoffset` state.
 *
 * @param code   A power of ten, or with the highest bit set, of two; 6 where there is no option.
 * @param offset Seconds to add to every time.
 * @returns      `undefined` when no clock is that fine.
 * @see          pcapng, section 4.2.
 */
export function timeResolution(code: number, offset: bigint): TimeResolution | undefined {
  const exponent = code & 0x7f
  const offsetNs = offset * NS_PER_S
  if ((code & 0x80) !== 0) {
    if (exponent > BINARY_MAX) return undefined
    const shift = BigInt(exponent)
    return { nanoseconds: (ticks) => ((ticks * NS_PER_S) >> shift) + offsetNs }
  }
  if (exponent > DECIMAL_MAX) return undefined
  if (exponent <= 9) {
    const factor = 10n ** BigInt(9 - exponent)
    return { nanoseconds: (ticks) => ticks * factor + offsetNs }
  }
  const divisor = 10n ** BigInt(exponent - 9)
  return { nanoseconds: (ticks) => ticks / divisor + offsetNs }
}

/** Microseconds: what an interface without the option counts in. */
export const MICROSECONDS: TimeResolution = {
  nanoseconds: (ticks) => ticks * 1_000n,
}

/** Whether a time is one that events can carry. */
export function isTimeWithin(atNs: bigint): boolean {
  return atNs >= 0n && atNs <= NS_MAX
}
