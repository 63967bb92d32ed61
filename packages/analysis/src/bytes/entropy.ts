/**
 * Shannon entropy of bytes in bits a byte: 0 for one value repeated, 8 for uniform noise. Code lies
 * near 6, text near 5, compressed or encrypted data above 7.5.
 *
 * @returns Rounded to three digits; undefined without bytes.
 */
export function entropyOf(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0) return undefined
  const counts = new Float64Array(256)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  let bits = 0
  for (const count of counts) {
    if (count === 0) continue
    const share = count / bytes.length
    bits -= share * Math.log2(share)
  }
  return Math.round(bits * 1000) / 1000 + 0
}
