/** Writes a binary property list that is an array of texts, as macOS does. */
export function plistOf(texts: readonly string[]): Buffer {
  const objects = [
    Buffer.from([0xa0 | texts.length, ...texts.map((_, index) => index + 1)]),
    ...texts.map(textObject),
  ]
  const offsets: number[] = []
  let at = 8
  for (const object of objects) {
    offsets.push(at)
    at += object.length
  }
  const trailer = Buffer.alloc(32)
  trailer[6] = 2
  trailer[7] = 1
  trailer.writeBigUInt64BE(BigInt(objects.length), 8)
  trailer.writeBigUInt64BE(0n, 16)
  trailer.writeBigUInt64BE(BigInt(at), 24)
  const table = Buffer.alloc(offsets.length * 2)
  for (const [index, offset] of offsets.entries()) table.writeUInt16BE(offset, index * 2)
  return Buffer.concat([Buffer.from('bplist00'), ...objects, table, trailer])
}

function textObject(text: string): Buffer {
  const isAscii = [...text].every((character) => character.charCodeAt(0) < 128)
  const body = isAscii ? Buffer.from(text, 'latin1') : Buffer.from(text, 'utf16le').swap16()
  const kind = isAscii ? 0x50 : 0x60
  if (text.length < 15) return Buffer.concat([Buffer.from([kind | text.length]), body])
  const length = Buffer.from([kind | 15, 0x11, text.length >> 8, text.length & 0xff])
  return Buffer.concat([length, body])
}
