import type { StreamBytes } from '../flow/stream.ts'

const LENGTH_BYTES = 2
const HEADER_BYTES = 12

/**
 * Takes the whole messages off a TCP stream of them, each behind its length.
 *
 * @returns The messages, copied nowhere: read them before the stream goes on. `undefined` when a
 *          length is too short for any message, so that this is no stream of DNS.
 * @see     RFC 1035, section 4.2.2.
 */
export function takeMessages(stream: StreamBytes): readonly Buffer[] | undefined {
  const messages: Buffer[] = []
  while (stream.bytes.length >= LENGTH_BYTES) {
    const length = stream.bytes.readUInt16BE(0)
    if (length < HEADER_BYTES) return undefined
    if (stream.bytes.length < LENGTH_BYTES + length) break
    messages.push(stream.bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))
    stream.consume(LENGTH_BYTES + length)
  }
  return messages
}
