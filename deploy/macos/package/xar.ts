import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { ByteWriter } from '../byte-writer.ts'
import { xmlText } from '../plist.ts'

/** A file of an archive: at the top, or in a folder at the top. */
export interface ArchiveFile {
  readonly folder?: string
  readonly name: string
  readonly bytes: Uint8Array
}

const MAGIC = 0x78_61_72_21
const HEADER_BYTES = 28
const VERSION = 1
const CHECKSUM_SHA1 = 1
const SHA1_BYTES = 20

/**
 * Writes a xar archive, the outer form of a flat package. Nothing is compressed: payloads are
 * already.
 *
 * ```
 * header  magic "xar!", header bytes (2), version (2), TOC bytes (8), TOC bytes inflated (8),
 *         checksum kind (4)                                             big-endian
 * TOC     XML, deflated
 * heap    SHA-1 of the deflated TOC, then the files; offsets count from the heap's beginning
 * ```
 *
 * SHA-1 is what the installer expects here; it guards against damage only. Trust comes from the
 * signature that `productsign` adds, and from the signature of the application.
 *
 * @param created RFC 3339, seconds.
 * @see The xar project's description of the format.
 */
export function xarArchive(files: readonly ArchiveFile[], created: string): Buffer {
  const folders = new Map<string | undefined, string[]>([[undefined, []]])
  let offset = SHA1_BYTES
  let id = 0
  for (const { folder, name, bytes } of files) {
    const place = { id: ++id, offset, size: bytes.length, sha1: digest(bytes).toString('hex') }
    folders.set(folder, [...(folders.get(folder) ?? []), fileElement(name, place)])
    offset += bytes.length
  }
  const content = [...folders].flatMap(([folder, inner]) =>
    folder === undefined ? inner : folderElement(++id, folder, inner),
  )
  const toc = Buffer.from(tocText(content.join(''), created))
  const deflated = deflateSync(toc)
  return new ByteWriter()
    .u32(MAGIC)
    .u16(HEADER_BYTES)
    .u16(VERSION)
    .u64(deflated.length)
    .u64(toc.length)
    .u32(CHECKSUM_SHA1)
    .bytes(deflated)
    .bytes(digest(deflated))
    .bytes(Buffer.concat(files.map(({ bytes }) => bytes)))
    .toBuffer()
}

interface HeapPlace {
  readonly id: number
  readonly offset: number
  readonly size: number
  readonly sha1: string
}

function fileElement(name: string, { id, offset, size, sha1 }: HeapPlace): string {
  return `<file id="${id}"><name>${xmlText(name)}</name><type>file</type><mode>0644</mode>\
<data><length>${size}</length><offset>${offset}</offset><size>${size}</size>\
<encoding style="application/octet-stream"/>\
<extracted-checksum style="sha1">${sha1}</extracted-checksum>\
<archived-checksum style="sha1">${sha1}</archived-checksum></data></file>`
}

function folderElement(id: number, name: string, inner: readonly string[]): string {
  return `<file id="${id}"><name>${xmlText(name)}</name><type>directory</type>\
<mode>0755</mode>${inner.join('')}</file>`
}

function tocText(content: string, created: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<xar><toc><creation-time>${xmlText(created)}</creation-time>\
<checksum style="sha1"><offset>0</offset><size>${SHA1_BYTES}</size></checksum>\
${content}</toc></xar>`
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest()
}
