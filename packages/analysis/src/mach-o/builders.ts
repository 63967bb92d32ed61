import type { Section, Segment } from './model.ts'

/** A tool that made an image, and what shows it. */
export interface BuilderMark {
  readonly name: string
  readonly evidence: string
}

/** What marks are looked for in. */
export interface BuilderSource {
  readonly bytes: Uint8Array
  readonly segments: readonly Segment[]
  readonly libraries: readonly string[]
  readonly payloadKinds: readonly string[]
}

interface Mark {
  readonly name: string
  /** Names of sections or segments, or beginnings of them. */
  readonly sections?: RegExp
  readonly libraries?: RegExp
  readonly payload?: string
  /** Texts in constant data or, for packers, near the beginning. */
  readonly texts?: readonly string[]
}

const MARKS: readonly Mark[] = [
  { name: 'go', sections: /^__(gopclntab|go_buildinfo|gosymtab)$/ },
  { name: 'swift', sections: /^__swift5_/, libraries: /\/libswift\w+\.dylib$/ },
  { name: 'objective-c', sections: /^__objc_(classlist|imageinfo)$/ },
  { name: 'rust', texts: ['/rustc/', 'RUST_BACKTRACE'] },
  { name: 'bun', sections: /^__BUN$/ },
  { name: 'node-sea', sections: /^(NODE_SEA|__NODE_SEA|__NODE_SEA_BLOB|NODE_SEA_BLOB)$/ },
  { name: 'deno-compile', texts: ['d3n0l4nd'], sections: /^d3n0l4nd$/ },
  { name: 'electron', libraries: /Electron Framework/, texts: ['ELECTRON_RUN_AS_NODE'] },
  { name: 'qt', libraries: /\/QtCore(\.framework|$)|libQt[56]Core/ },
  { name: 'flutter', libraries: /FlutterMacOS|Flutter\.framework/ },
  { name: 'python', libraries: /Python\.framework|libpython\d/ },
  { name: 'pyinstaller', payload: 'pyinstaller', texts: ['_MEIPASS2', 'PYINSTALLER_'] },
  { name: 'nuitka', texts: ['NUITKA_ONEFILE_PARENT', 'NUITKA_PACKAGE_HOME'] },
  { name: 'py2app', texts: ['py2app', 'PyRuntimeLocations'] },
  { name: 'java', libraries: /libjli\.dylib|JavaVM\.framework/ },
  { name: 'dotnet', texts: ['DOTNET_BUNDLE_EXTRACT_BASE_DIR'] },
  { name: 'shc', texts: ['E: neither argv[0] nor $_ works.'] },
  { name: 'platypus', texts: ['PlatypusScript', 'org.sveinbjorn.platypus'] },
]

/** Constant data is searched this far; a mark further back is not seen. */
const SEARCH_BYTES = 67_108_864
const CONSTANTS = /^__(cstring|const|rodata|oslogstring)$/
/** Packers of the UPX family leave their name behind the load commands. */
const UPX_SEARCH_BYTES = 65_536

function constants({ bytes, segments }: BuilderSource): readonly Buffer[] {
  const isConstant = ({ name, zeroFill, size }: Section): boolean =>
    CONSTANTS.test(name) && !zeroFill && size > 0
  return segments
    .flatMap(({ sections }) => sections.filter(isConstant))
    .map(({ offset, size }) => bytes.subarray(offset, offset + Math.min(size, SEARCH_BYTES)))
    .map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))
}

function evidence(mark: Mark, source: BuilderSource, texts: readonly Buffer[]): string | undefined {
  const names = source.segments.flatMap(({ name, sections }) => [
    name,
    ...sections.map((section) => section.name),
  ])
  const section = names.find((name) => mark.sections?.test(name) === true)
  if (section !== undefined) return `section ${section}`
  const library = source.libraries.find((path) => mark.libraries?.test(path) === true)
  if (library !== undefined) return `library ${library}`
  if (mark.payload !== undefined && source.payloadKinds.includes(mark.payload)) {
    return `${mark.payload} archive`
  }
  const text = mark.texts?.find((wanted) => texts.some((part) => part.includes(wanted)))
  return text === undefined ? undefined : `text ${text}`
}

/** The languages, frameworks and packers that left their marks in an image. */
export function findBuilders(source: BuilderSource): readonly BuilderMark[] {
  const texts = constants(source)
  const found = MARKS.flatMap((mark) => {
    const shown = evidence(mark, source, texts)
    return shown === undefined ? [] : [{ name: mark.name, evidence: shown }]
  })
  const start = source.bytes.subarray(0, UPX_SEARCH_BYTES)
  const head = Buffer.from(start.buffer, start.byteOffset, start.byteLength)
  const isUpx = head.includes('UPX!')
  return isUpx ? [...found, { name: 'upx', evidence: 'text UPX!' }] : found
}
