/** Writes a `._` file with extended attributes and a resource fork, as macOS lays them out. */
export function appleDoubleOf(
  attributes: Readonly<Record<string, string>>,
  resourceFork = new Uint8Array(),
): Buffer {
  const entries = Object.entries(attributes).map(([name, value]) => {
    const padded = (11 + name.length + 1 + 3) & ~3
    return { name: Buffer.from(`${name}\0`), value: Buffer.from(value), padded }
  })
  const headerBytes = 120
  const dataStart = headerBytes + entries.reduce((sum, { padded }) => sum + padded, 0)
  const data = Buffer.concat(entries.map(({ value }) => value))
  const forkAt = dataStart + data.length
  const head = Buffer.alloc(dataStart)
  head.writeUInt32BE(0x00_05_16_07, 0)
  head.writeUInt32BE(0x00_02_00_00, 4)
  head.write('Mac OS X        ', 8, 'latin1')
  head.writeUInt16BE(2, 24)
  for (const [index, field] of [9, 50, forkAt - 50, 2, forkAt, resourceFork.length].entries()) {
    head.writeUInt32BE(field, 26 + index * 4)
  }
  head.write('ATTR', 84, 'latin1')
  head.writeUInt32BE(forkAt, 92)
  head.writeUInt32BE(dataStart, 96)
  head.writeUInt32BE(data.length, 100)
  head.writeUInt16BE(entries.length, 118)
  let [at, valueAt] = [headerBytes, dataStart]
  for (const { name, value, padded } of entries) {
    head.writeUInt32BE(valueAt, at)
    head.writeUInt32BE(value.length, at + 4)
    head.writeUInt8(name.length, at + 10)
    name.copy(head, at + 11)
    at += padded
    valueAt += value.length
  }
  return Buffer.concat([head, data, resourceFork])
}
