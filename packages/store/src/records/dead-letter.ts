/** Bytes of a letter's sample that are kept. */
export const SAMPLE_BYTES_MAX = 4_096

const CONTINUATION_MASK = 0b1100_0000
const CONTINUATION = 0b1000_0000

/** Cuts a sample to {@link SAMPLE_BYTES_MAX} bytes of UTF-8 without splitting a character. */
export function sampleOf(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= SAMPLE_BYTES_MAX) return bytes.toString('utf8')
  let end = SAMPLE_BYTES_MAX
  while (end > 0 && ((bytes[end] ?? 0) & CONTINUATION_MASK) === CONTINUATION) end--
  return bytes.subarray(0, end).toString('utf8')
}
