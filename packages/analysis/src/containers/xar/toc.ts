import type { Budget } from '../../bytes/budget.ts'
import { type XmlToken, xmlAttribute, xmlTokens } from '../../markup/xml.ts'
import { damaged } from '../stop.ts'

/** Where content lies in the heap, and how it is packed. */
export interface HeapData {
  readonly offset: number
  readonly packedBytes: number
  readonly size: number
  /** Media type of the encoding. */
  readonly encoding: string
  readonly checksum?: Checksum
}

/** A digest as the table states it. */
export interface Checksum {
  readonly style: string
  /** Hexadecimal, lower case. */
  readonly value: string
}

/** A file of the table of contents. */
export interface TocFile {
  readonly path: string
  readonly type: string
  readonly mode?: number
  readonly ownerId?: number
  readonly modifiedMs?: number
  readonly target?: string
  readonly data?: HeapData
  readonly attributes: readonly { readonly name: string; readonly data: HeapData }[]
}

/** The table of contents of a xar archive. */
export interface Toc {
  readonly files: readonly TocFile[]
  /** How its own digest is made, and where in the heap it lies. */
  readonly checksum?: { readonly style: string; readonly offset: number; readonly size: number }
  /** Styles of the signatures, such as `RSA` and `CMS`. */
  readonly signatures: readonly string[]
}

const DEPTH_MAX = 256

/** An element with its texts, for the small leaves around files. */
interface Element {
  readonly name: string
  readonly attributes: string
  readonly children: Element[]
  text: string
}

/** Reads the table. @throws AnalysisError when it is nested absurdly or costs too much. */
export function readToc(document: string, budget: Budget): Toc {
  const toc = find(treeOf(xmlTokens(document), budget), 'xar', 'toc')
  if (toc === undefined) throw damaged('The table of contents has no toc.')
  const checksum = child(toc, 'checksum')
  const signatures = toc.children.filter(({ name }) => /^(x-)?signature$/.test(name))
  const files: TocFile[] = []
  collect(toc, '', files)
  return {
    files,
    ...(checksum !== undefined && {
      checksum: {
        style: xmlAttribute(checksum, 'style') ?? '',
        offset: numberOf(checksum, 'offset') ?? 0,
        size: numberOf(checksum, 'size') ?? 0,
      },
    }),
    signatures: signatures.map((one) => xmlAttribute(one, 'style') ?? ''),
  }
}

function treeOf(tokens: Iterable<XmlToken>, budget: Budget): Element {
  const root: Element = { name: '', attributes: '', children: [], text: '' }
  const open = [root]
  for (const token of tokens) {
    budget.spendSteps()
    const parent = open.at(-1) ?? root
    if (token.kind === 'text') parent.text += token.text
    else if (token.kind === 'open') {
      const { name, attributes } = token
      const element = { name, attributes, children: [], text: '' }
      parent.children.push(element)
      open.push(element)
      if (open.length > DEPTH_MAX) throw damaged('The table of contents is nested absurdly.')
    } else if (open.length > 1) open.pop()
  }
  return root
}

function find(root: Element, ...names: readonly string[]): Element | undefined {
  return names.reduce<Element | undefined>((at, name) => at && child(at, name), root)
}

function child({ children }: Element, wanted: string): Element | undefined {
  return children.find(({ name }) => name === wanted)
}

function textOf(element: Element, name: string): string | undefined {
  return child(element, name)?.text.trim()
}

function numberOf(element: Element, name: string): number | undefined {
  const value = Number(textOf(element, name) ?? 'none')
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function collect(parent: Element, folder: string, files: TocFile[]): void {
  for (const element of parent.children) {
    if (element.name !== 'file') continue
    const path = folder === '' ? nameOf(element) : `${folder}/${nameOf(element)}`
    files.push(fileOf(element, path))
    collect(element, path, files)
  }
}

function nameOf(element: Element): string {
  const name = child(element, 'name')
  if (name === undefined) return ''
  const isBase64 = xmlAttribute(name, 'enctype') === 'base64'
  return isBase64 ? Buffer.from(name.text, 'base64').toString('utf8') : name.text
}

function fileOf(element: Element, path: string): TocFile {
  const mode = Number.parseInt(textOf(element, 'mode') ?? '', 8)
  const ownerId = numberOf(element, 'uid')
  const modifiedMs = Date.parse(textOf(element, 'mtime') ?? '')
  const data = child(element, 'data')
  const target = textOf(element, 'link')
  const attributes = element.children
    .filter(({ name }) => name === 'ea')
    .map((one) => ({ name: textOf(one, 'name') ?? '', data: dataOf(one) }))
  return {
    path,
    type: textOf(element, 'type') ?? 'file',
    attributes,
    ...(Number.isInteger(mode) && { mode: mode & 0o7_777 }),
    ...(ownerId !== undefined && { ownerId }),
    ...(Number.isFinite(modifiedMs) && { modifiedMs }),
    ...(target !== undefined && { target }),
    ...(data !== undefined && { data: dataOf(data) }),
  }
}

function dataOf(element: Element): HeapData {
  const encoding = child(element, 'encoding')
  const sum = child(element, 'extracted-checksum')
  const style = sum === undefined ? undefined : xmlAttribute(sum, 'style')
  return {
    offset: numberOf(element, 'offset') ?? 0,
    // Xar calls the packed bytes length and the unpacked ones size.
    packedBytes: numberOf(element, 'length') ?? 0,
    size: numberOf(element, 'size') ?? 0,
    encoding: (encoding && xmlAttribute(encoding, 'style')) ?? '',
    ...(sum !== undefined &&
      style !== undefined && {
        checksum: { style: style.toLowerCase(), value: sum.text.trim().toLowerCase() },
      }),
  }
}
