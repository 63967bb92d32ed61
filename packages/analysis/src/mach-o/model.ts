import type { Problem } from '../errors.ts'
import type { Endian } from '../bytes/view.ts'

/** The Mach-O header. */
export interface MachOHeader {
  readonly bits: 32 | 64
  readonly endian: Endian
  readonly cpuType: number
  readonly cpuSubtype: number
  /** As `lipo -archs` writes it. */
  readonly architecture: string
  /** Version of the pointer-authentication ABI (arm64e). */
  readonly pointerAuthenticationAbi?: number
  readonly fileType: string
  readonly commandCount: number
  readonly commandBytes: number
  readonly flags: number
  readonly flagNames: readonly string[]
}

/** A load command as it stands in the file. */
export interface LoadCommand {
  readonly name: string
  readonly command: number
  /** From the beginning of the image. */
  readonly offset: number
  readonly size: number
}

/** A part of a segment. */
export interface Section {
  readonly name: string
  /** The segment the section itself names; another one than it stands in only in object files. */
  readonly segment: string
  readonly address: bigint
  readonly size: number
  /** From the beginning of the image; 0 where the section has no bytes in the file. */
  readonly offset: number
  readonly alignment: number
  readonly relocationCount: number
  readonly flags: number
  /** Whether memory is filled with zeros instead of bytes of the file. */
  readonly zeroFill: boolean
  /** Shannon entropy in bits a byte, 0 to 8; absent without bytes. */
  readonly entropy?: number
}

/** A range of memory and the bytes of the file that fill it. */
export interface Segment {
  readonly name: string
  readonly address: bigint
  readonly memorySize: bigint
  readonly offset: number
  readonly size: number
  /** Rights a process may give itself, and those it starts with, as `rwx`. */
  readonly protectionMax: string
  readonly protection: string
  readonly flags: number
  readonly sections: readonly Section[]
  readonly entropy?: number
}

/** How a library is linked. */
export type DylibKind = 'load' | 'weak' | 'reexport' | 'lazy' | 'upward' | 'id' | 'prebound'

/** A library that an image names. */
export interface Dylib {
  readonly kind: DylibKind
  readonly path: string
  readonly timestamp: number
  readonly version: string
  readonly compatibilityVersion: string
}

/** Where a program begins. */
export interface EntryPoint {
  readonly from: 'LC_MAIN' | 'LC_UNIXTHREAD'
  /** From the beginning of the image; absent when the address lies in no segment. */
  readonly offset?: number
  readonly address?: bigint
  readonly stackSize?: number
}

/** What an image is built for and with. */
export interface BuildVersion {
  readonly from: 'LC_BUILD_VERSION' | 'LC_VERSION_MIN'
  readonly platform: string
  readonly minimum: string
  readonly sdk: string
  readonly tools: readonly { readonly name: string; readonly version: string }[]
}

/** A range of bytes, from the beginning of the image. */
export interface Range {
  readonly offset: number
  readonly size: number
}

/** Bytes that are encrypted with a key of the App Store. */
export interface Encryption extends Range {
  /** 0 is not encrypted yet. */
  readonly id: number
}

/** Numbers of LC_SYMTAB. */
export interface SymbolTable {
  readonly offset: number
  readonly count: number
  readonly stringsOffset: number
  readonly stringsSize: number
}

/** Numbers of LC_DYSYMTAB. */
export interface DynamicSymbolTable {
  readonly localIndex: number
  readonly localCount: number
  readonly externalIndex: number
  readonly externalCount: number
  readonly undefinedIndex: number
  readonly undefinedCount: number
  readonly indirectOffset: number
  readonly indirectCount: number
}

/** The tables of LC_DYLD_INFO. */
export interface DyldInfo {
  readonly rebase: Range
  readonly bind: Range
  readonly weakBind: Range
  readonly lazyBind: Range
  readonly exports: Range
}

/** LC_NOTE: data that only its owner understands. */
export interface Note extends Range {
  readonly owner: string
}

/** An image inside of a kernel collection. */
export interface FilesetEntry {
  readonly id: string
  readonly address: bigint
  readonly offset: number
}

/** What the load commands of an image say. */
export interface LoadCommands {
  readonly commands: readonly LoadCommand[]
  readonly segments: readonly Segment[]
  readonly dylibs: readonly Dylib[]
  readonly rpaths: readonly string[]
  readonly dylinker?: string
  /** `DYLD_…=…` that the linker put into the file. */
  readonly environment: readonly string[]
  readonly entry?: EntryPoint
  readonly uuid?: string
  readonly builds: readonly BuildVersion[]
  readonly sourceVersion?: string
  readonly symbolTable?: SymbolTable
  readonly dynamicSymbolTable?: DynamicSymbolTable
  readonly dyldInfo?: DyldInfo
  /** Tables in __LINKEDIT by the command that names them, such as `LC_CODE_SIGNATURE`. */
  readonly tables: Readonly<Record<string, Range>>
  readonly linkerOptions: readonly string[]
  readonly encryption?: Encryption
  readonly subFrameworks: readonly string[]
  readonly notes: readonly Note[]
  readonly filesetEntries: readonly FilesetEntry[]
  readonly problems: readonly Problem[]
}
