import { hash } from 'node:crypto'
import type { CodeDirectory } from './code-directory.ts'
import { type SignatureBlob, SLOT, slotName } from './super-blob.ts'

/**
 * What a hash of a slot came to.
 *
 * - `right`, `wrong`: it was compared.
 * - `missing`: the directory has a hash, and there is nothing to compare it with.
 * - `unsealed`: there is a blob that no hash covers: it can be exchanged at will.
 * - `not_given`: it is about a file beside this one that was not at hand.
 */
export type SlotState = 'right' | 'wrong' | 'missing' | 'unsealed' | 'not_given'

/** A slot of a code directory. */
export interface SlotCheck {
  readonly slot: number
  readonly name: string
  readonly state: SlotState
}

/** Files beside the code that a directory has hashes of. */
export interface SealedFiles {
  /** Of a bundle its Info.plist; of a bare program the section `__TEXT,__info_plist`. */
  readonly infoPlist?: Uint8Array
  /** `_CodeSignature/CodeResources`. */
  readonly resources?: Uint8Array
  /** Whether a ticket of the notary is stapled beside the code: `Contents/CodeResources`. */
  readonly ticketStapled?: boolean
}

/** Slots whose hash is over a file, without the header of a blob. */
const OUTSIDE: ReadonlySet<number> = new Set([SLOT.infoPlist, SLOT.resources])

/** Slots that are no part of the seal: directories, the signature, the ticket. */
const isSealable = (slot: number): boolean =>
  slot > SLOT.codeDirectory && slot < SLOT.alternateFirst

function stateOf(wanted: Uint8Array, bytes: Uint8Array, { digest, hashSize }: CodeDirectory) {
  const found = hash(digest, bytes, 'buffer').subarray(0, hashSize)
  return Buffer.compare(found, wanted) === 0 ? 'right' : 'wrong'
}

/** What there is to compare. */
export interface SlotSource {
  readonly directory: CodeDirectory
  readonly blobs: readonly SignatureBlob[]
  readonly files: SealedFiles
}

/** Compares every slot that the directory or the signature has. */
export function checkSlots({ directory, blobs, files }: SlotSource): readonly SlotCheck[] {
  const outside: Readonly<Record<number, Uint8Array | undefined>> = {
    [SLOT.infoPlist]: files.infoPlist,
    [SLOT.resources]: files.resources,
  }
  const present = blobs.map(({ slot }) => slot).filter(isSealable)
  const slots = [...new Set([...directory.specialHashes.keys(), ...present])].toSorted(
    (a, b) => a - b,
  )
  return slots.map((slot) => {
    const name = slotName(slot)
    const wanted = directory.specialHashes.get(slot)
    if (wanted === undefined) return { slot, name, state: 'unsealed' }
    const bytes = OUTSIDE.has(slot)
      ? outside[slot]
      : blobs.find((blob) => blob.slot === slot)?.view.bytes
    if (bytes !== undefined) return { slot, name, state: stateOf(wanted, bytes, directory) }
    return { slot, name, state: OUTSIDE.has(slot) ? 'not_given' : 'missing' }
  })
}
