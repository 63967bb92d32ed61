import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

/** A file of a package: in a folder at the top or at the top itself. */
export interface XarFile {
  readonly path: string
  readonly bytes: Uint8Array
  readonly deflate?: boolean
  readonly checksum?: string
  /** Extended attributes by name. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** Writes a xar archive; folders come of the paths. @param inToc Elements put into the table. */
export function xarOf(files: readonly XarFile[], inToc = ''): Buffer {
  const heap: Buffer[] = [Buffer.alloc(20)]
  let offset = 20
  const put = (bytes: Buffer): string => {
    heap.push(bytes)
    offset += bytes.length
    return `<length>${bytes.length}</length><offset>${offset - bytes.length}</offset>`
  }
  const elements = files.map(({ path, bytes, deflate, checksum, attributes = {} }, id) => {
    const place = put(Buffer.from(deflate === true ? deflateSync(bytes) : bytes))
    const style = deflate === true ? 'application/x-gzip' : 'application/octet-stream'
    const sum = checksum ?? createHash('sha1').update(bytes).digest('hex')
    const extended = Object.entries(attributes).map(([name, value]) => {
      const at = put(Buffer.from(value))
      return `<ea id="1"><name>${name}</name>${at}<size>${value.length}</size></ea>`
    })
    const [name = '', folder] = path.split('/').toReversed()
    const file = `<file id="${id + 1}"><name>${name}</name><type>file</type><mode>0644</mode>\
${extended.join('')}<data>${place}<size>${bytes.length}</size><encoding style="${style}"/>\
<extracted-checksum style="sha1">${sum}</extracted-checksum></data></file>`
    return folder === undefined
      ? file
      : `<file id="9${id}"><name>${folder}</name><type>directory</type>${file}</file>`
  })
  const sum = '<checksum style="sha1"><offset>0</offset><size>20</size></checksum>'
  const toc = Buffer.from(`<xar><toc>${sum}${inToc}${elements.join('')}</toc></xar>`)
  const deflated = deflateSync(toc)
  createHash('sha1')
    .update(deflated)
    .digest()
    .copy(heap[0] ?? Buffer.alloc(20))
  const header = Buffer.alloc(28)
  header.write('xar!', 'latin1')
  header.writeUInt16BE(28, 4)
  header.writeUInt16BE(1, 6)
  header.writeBigUInt64BE(BigInt(deflated.length), 8)
  header.writeBigUInt64BE(BigInt(toc.length), 16)
  header.writeUInt32BE(1, 24)
  return Buffer.concat([header, deflated, ...heap])
}
