import type { MachOImage } from './image.ts'
import type { Segment } from './model.ts'

/** Something about an image that ordinary programs do not have. It is a fact, not a verdict. */
export interface Signal {
  readonly id: string
  readonly detail: string
}

const ORDINARY_SEGMENTS = new RegExp(
  '^(__PAGEZERO|__TEXT\\w*|__DATA\\w*|__LINKEDIT|__OBJC\\w*|__IMPORT|__DWARF|__LLVM|__AUTH\\w*|' +
    '__UNIXSTACK|__RESTRICT|__CTF|__LLVM_COV|__PRELINK\\w*|__PLK_\\w+|__KLD\\w*|__LAST|__HIB|' +
    '__BUN|NODE_SEA|__NODE_SEA|d3n0l4nd|__swift_ast)$',
)
/** Code lies near 6.5 bits a byte; only what is compressed or encrypted comes this high. */
const ENTROPY_HIGH = 7.4
const ENTROPY_SIZE_MIN = 4096
const IMPORTS_FEW = 12
const LOADERS = ['_dlopen', '_dlsym']
const MEMORY_LOADERS = ['_NSCreateObjectFileImageFromMemory', '_NSLinkModule']
const WRITABLE_PLACES = /^(\/private)?\/(tmp|var\/tmp)\/|^\/Users\/Shared\//

const signal = (id: string, detail: string): Signal => ({ id, detail })

function layoutSignals(image: MachOImage): Signal[] {
  const { segments, header, tables, size } = image
  const found: Signal[] = []
  const isProgram = header.fileType === 'execute'
  if (isProgram && !segments.some(({ name }) => name === '__PAGEZERO')) {
    found.push(signal('no_pagezero', 'Nothing keeps address 0 unmapped.'))
  }
  if (isProgram && header.cpuType === 0x01000007 && !header.flagNames.includes('PIE')) {
    found.push(signal('no_pie', 'The program is always loaded at the same address.'))
  }
  if (header.flagNames.includes('ALLOW_STACK_EXECUTION')) {
    found.push(signal('stack_executable', 'The header allows code on the stack.'))
  }
  const linkedit = segments.find(({ name }) => name === '__LINKEDIT')
  const last = Math.max(0, ...segments.map(({ offset, size }) => offset + size))
  if (linkedit !== undefined && linkedit.offset + linkedit.size !== last) {
    found.push(signal('linkedit_not_last', '__LINKEDIT is not the last segment of the file.'))
  }
  const signature = tables['LC_CODE_SIGNATURE']
  if (signature !== undefined && linkedit !== undefined) {
    const end = linkedit.offset + linkedit.size
    if (signature.offset + signature.size !== end) {
      found.push(signal('signature_not_last', `The signature does not end __LINKEDIT at ${end}.`))
    }
  }
  const overlay = size - image.contentEnd
  if (overlay > 0) {
    found.push(signal('overlay', `${overlay} bytes lie behind the image's own content.`))
  }
  return found
}

function sectionSignals({ name, sections }: Segment): Signal[] {
  return sections
    .filter(({ entropy = 0, size }) => entropy >= ENTROPY_HIGH && size >= ENTROPY_SIZE_MIN)
    .map((section) =>
      signal('section_entropy', `${name},${section.name} has ${section.entropy} bits a byte.`),
    )
}

/** Of an object file's one segment the rights and the name mean nothing. */
function segmentSignals(segment: Segment): Signal[] {
  const { name, protection } = segment
  const found: Signal[] = sectionSignals(segment)
  if (name === '') return found
  if (protection === 'rwx' || protection === '-wx') {
    found.push(signal('segment_writable_executable', `${name} is ${protection}.`))
  }
  if (!ORDINARY_SEGMENTS.test(name)) {
    found.push(signal('segment_name', `No compiler in use names a segment ${name}.`))
  }
  return found
}

function codeSignals(image: MachOImage): Signal[] {
  const { imports, dylibs, rpaths, environment, entry, segments } = image
  const found: Signal[] = []
  const names = new Set(imports.map(({ name }) => name))
  const isFew = names.size > 0 && names.size <= IMPORTS_FEW
  if (isFew && LOADERS.every((name) => names.has(name))) {
    found.push(signal('imports_hidden', `Of ${names.size} imports, dlopen and dlsym are two.`))
  }
  const loader = MEMORY_LOADERS.find((name) => names.has(name))
  if (loader !== undefined) found.push(signal('loads_code_from_memory', `It imports ${loader}.`))
  for (const path of [...dylibs.map(({ path }) => path), ...rpaths]) {
    if (WRITABLE_PLACES.test(path)) found.push(signal('library_place', `Libraries from ${path}.`))
  }
  for (const variable of environment) found.push(signal('dyld_environment', variable))
  const text = segments.find(({ name }) => name === '__TEXT')
  const offset = entry?.offset
  const isInText = (at: number, { offset: start, size }: Segment): boolean =>
    at >= start && at < start + size
  if (offset !== undefined && text !== undefined && !isInText(offset, text)) {
    found.push(signal('entry_outside_text', `The program begins at ${offset}, outside __TEXT.`))
  }
  return found
}

/** Everything about an image that ordinary programs do not have. */
export function findSignals(image: MachOImage): readonly Signal[] {
  const found = [
    ...layoutSignals(image),
    ...image.segments.flatMap(segmentSignals),
    ...codeSignals(image),
  ]
  if ((image.encryption?.id ?? 0) !== 0) {
    found.push(signal('encrypted', 'Its code is encrypted for the App Store.'))
  }
  for (const { kind, place, offset } of image.payloads) {
    if (kind === 'data') continue
    found.push(signal('payload', `A ${kind} lies in the ${place} at ${offset}.`))
  }
  return found
}
