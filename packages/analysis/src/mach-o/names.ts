// The numbers of <mach-o/loader.h>, <mach/machine.h> and their names, as Apple writes them.

/** Values of a bit field by name, lowest bit first. */
export type FlagNames = readonly (readonly [flag: number, name: string])[]

/** The names of the bits that are set; bits without a name are left out. */
export function flagNames(names: FlagNames, flags: number): readonly string[] {
  // A product above 2^31 would be negative with `&`; `>>> 0` keeps the comparison exact.
  return names.filter(([flag]) => (flags & flag) >>> 0 === flag).map(([, name]) => name)
}

/** Flags of a Mach-O header. */
export const HEADER_FLAGS: FlagNames = [
  [0x1, 'NOUNDEFS'],
  [0x2, 'INCRLINK'],
  [0x4, 'DYLDLINK'],
  [0x8, 'BINDATLOAD'],
  [0x10, 'PREBOUND'],
  [0x20, 'SPLIT_SEGS'],
  [0x40, 'LAZY_INIT'],
  [0x80, 'TWOLEVEL'],
  [0x100, 'FORCE_FLAT'],
  [0x200, 'NOMULTIDEFS'],
  [0x400, 'NOFIXPREBINDING'],
  [0x800, 'PREBINDABLE'],
  [0x1000, 'ALLMODSBOUND'],
  [0x2000, 'SUBSECTIONS_VIA_SYMBOLS'],
  [0x4000, 'CANONICAL'],
  [0x8000, 'WEAK_DEFINES'],
  [0x10000, 'BINDS_TO_WEAK'],
  [0x20000, 'ALLOW_STACK_EXECUTION'],
  [0x40000, 'ROOT_SAFE'],
  [0x80000, 'SETUID_SAFE'],
  [0x100000, 'NO_REEXPORTED_DYLIBS'],
  [0x200000, 'PIE'],
  [0x400000, 'DEAD_STRIPPABLE_DYLIB'],
  [0x800000, 'HAS_TLV_DESCRIPTORS'],
  [0x1000000, 'NO_HEAP_EXECUTION'],
  [0x2000000, 'APP_EXTENSION_SAFE'],
  [0x4000000, 'NLIST_OUTOFSYNC_WITH_DYLDINFO'],
  [0x8000000, 'SIM_SUPPORT'],
  [0x10000000, 'IMPLICIT_PAGEZERO'],
  [0x80000000, 'DYLIB_IN_CACHE'],
]

const FILE_TYPES: readonly string[] = [
  'object',
  'execute',
  'fvmlib',
  'core',
  'preload',
  'dylib',
  'dylinker',
  'bundle',
  'dylib_stub',
  'dsym',
  'kext_bundle',
  'fileset',
  'gpu_execute',
  'gpu_dylib',
]

/** `execute`, `dylib`, …; a type nobody has named is its number. */
export function fileTypeName(fileType: number): string {
  return FILE_TYPES[fileType - 1] ?? `type_${fileType}`
}

const REQUIRED = 0x80000000
const COMMANDS: Readonly<Record<number, string>> = {
  0x1: 'LC_SEGMENT',
  0x2: 'LC_SYMTAB',
  0x3: 'LC_SYMSEG',
  0x4: 'LC_THREAD',
  0x5: 'LC_UNIXTHREAD',
  0x6: 'LC_LOADFVMLIB',
  0x7: 'LC_IDFVMLIB',
  0x8: 'LC_IDENT',
  0x9: 'LC_FVMFILE',
  0xa: 'LC_PREPAGE',
  0xb: 'LC_DYSYMTAB',
  0xc: 'LC_LOAD_DYLIB',
  0xd: 'LC_ID_DYLIB',
  0xe: 'LC_LOAD_DYLINKER',
  0xf: 'LC_ID_DYLINKER',
  0x10: 'LC_PREBOUND_DYLIB',
  0x11: 'LC_ROUTINES',
  0x12: 'LC_SUB_FRAMEWORK',
  0x13: 'LC_SUB_UMBRELLA',
  0x14: 'LC_SUB_CLIENT',
  0x15: 'LC_SUB_LIBRARY',
  0x16: 'LC_TWOLEVEL_HINTS',
  0x17: 'LC_PREBIND_CKSUM',
  [0x18 + REQUIRED]: 'LC_LOAD_WEAK_DYLIB',
  0x19: 'LC_SEGMENT_64',
  0x1a: 'LC_ROUTINES_64',
  0x1b: 'LC_UUID',
  [0x1c + REQUIRED]: 'LC_RPATH',
  0x1d: 'LC_CODE_SIGNATURE',
  0x1e: 'LC_SEGMENT_SPLIT_INFO',
  [0x1f + REQUIRED]: 'LC_REEXPORT_DYLIB',
  0x20: 'LC_LAZY_LOAD_DYLIB',
  0x21: 'LC_ENCRYPTION_INFO',
  0x22: 'LC_DYLD_INFO',
  [0x22 + REQUIRED]: 'LC_DYLD_INFO_ONLY',
  [0x23 + REQUIRED]: 'LC_LOAD_UPWARD_DYLIB',
  0x24: 'LC_VERSION_MIN_MACOSX',
  0x25: 'LC_VERSION_MIN_IPHONEOS',
  0x26: 'LC_FUNCTION_STARTS',
  0x27: 'LC_DYLD_ENVIRONMENT',
  [0x28 + REQUIRED]: 'LC_MAIN',
  0x29: 'LC_DATA_IN_CODE',
  0x2a: 'LC_SOURCE_VERSION',
  0x2b: 'LC_DYLIB_CODE_SIGN_DRS',
  0x2c: 'LC_ENCRYPTION_INFO_64',
  0x2d: 'LC_LINKER_OPTION',
  0x2e: 'LC_LINKER_OPTIMIZATION_HINT',
  0x2f: 'LC_VERSION_MIN_TVOS',
  0x30: 'LC_VERSION_MIN_WATCHOS',
  0x31: 'LC_NOTE',
  0x32: 'LC_BUILD_VERSION',
  [0x33 + REQUIRED]: 'LC_DYLD_EXPORTS_TRIE',
  [0x34 + REQUIRED]: 'LC_DYLD_CHAINED_FIXUPS',
  [0x35 + REQUIRED]: 'LC_FILESET_ENTRY',
  0x36: 'LC_ATOM_INFO',
}

/** `LC_SEGMENT_64`, …; a command nobody has named is its number in hexadecimal. */
export function commandName(command: number): string {
  return COMMANDS[command] ?? `0x${command.toString(16)}`
}

const PLATFORMS: readonly string[] = [
  'macos',
  'ios',
  'tvos',
  'watchos',
  'bridgeos',
  'maccatalyst',
  'ios_simulator',
  'tvos_simulator',
  'watchos_simulator',
  'driverkit',
  'visionos',
  'visionos_simulator',
]

/** The platform of LC_BUILD_VERSION. */
export function platformName(platform: number): string {
  return PLATFORMS[platform - 1] ?? `platform_${platform}`
}

const TOOLS: Readonly<Record<number, string>> = {
  1: 'clang',
  2: 'swift',
  3: 'ld',
  4: 'lld',
  1024: 'metal',
  1025: 'airlld',
  1026: 'airnt',
  1027: 'airnt_plugin',
  1028: 'airpack',
  1031: 'gpuarchiver',
  1032: 'metal_framework',
}

/** A tool that LC_BUILD_VERSION names. */
export function toolName(tool: number): string {
  return TOOLS[tool] ?? `tool_${tool}`
}

const ABI64 = 0x01000000
const ABI64_32 = 0x02000000
const CPUS: Readonly<Record<number, string>> = {
  1: 'vax',
  6: 'mc680x0',
  7: 'i386',
  [7 + ABI64]: 'x86_64',
  0xb: 'hppa',
  0xc: 'arm',
  [0xc + ABI64]: 'arm64',
  [0xc + ABI64_32]: 'arm64_32',
  0xd: 'mc88000',
  0xe: 'sparc',
  0xf: 'i860',
  0x12: 'ppc',
  [0x12 + ABI64]: 'ppc64',
}
const ARM_SUBTYPES: Readonly<Record<number, string>> = {
  5: 'armv4t',
  6: 'armv6',
  7: 'armv5tej',
  8: 'xscale',
  9: 'armv7',
  10: 'armv7f',
  11: 'armv7s',
  12: 'armv7k',
  13: 'armv8',
  14: 'armv6m',
  15: 'armv7m',
  16: 'armv7em',
}
/** Above the subtype stand capability bits: library validation, the version of the arm64e ABI. */
const SUBTYPE_MASK = 0x00ffffff

/** What `lipo -archs` calls a processor: `x86_64h`, `arm64e`; unknown ones are `cpu_T_S`. */
export function architectureName(cpu: { readonly type: number; readonly subtype: number }): string {
  const subtype = cpu.subtype & SUBTYPE_MASK
  const name = CPUS[cpu.type]
  if (name === undefined) return `cpu_${cpu.type}_${subtype}`
  if (name === 'x86_64' && subtype === 8) return 'x86_64h'
  if (name === 'arm64' && subtype === 2) return 'arm64e'
  if (name === 'arm') return ARM_SUBTYPES[subtype] ?? 'arm'
  return name
}

/** The version of the pointer-authentication ABI of an arm64e subtype; absent without one. */
export function pointerAuthenticationAbi(subtype: number): number | undefined {
  return subtype >>> 31 === 1 ? (subtype >>> 24) & 0xf : undefined
}

/** `X.Y.Z` as the linker packs it into 32 bits. */
export function fullVersion(version: number): string {
  return `${version >>> 16}.${(version >>> 8) & 0xff}.${version & 0xff}`
}

/** As {@link fullVersion}, without a last part that is zero. */
export function packedVersion(version: number): string {
  return fullVersion(version).replace(/^(\d+\.\d+)\.0$/, '$1')
}

/** `A.B.C.D.E` of LC_SOURCE_VERSION, without last parts that are zero beyond the second. */
export function sourceVersion(version: bigint): string {
  const parts = [version >> 40n, ...[30n, 20n, 10n, 0n].map((shift) => (version >> shift) & 0x3ffn)]
  while (parts.length > 2 && parts.at(-1) === 0n) parts.pop()
  return parts.join('.')
}

/** `rwx` with a dash for each right that is missing. */
export function protectionText(protection: number): string {
  return ['r', 'w', 'x']
    .map((letter, bit) => ((protection & (1 << bit)) === 0 ? '-' : letter))
    .join('')
}
