import { redacted } from './token-forms.ts'

// Without `/` and `.`: paths, host names and versions are words of other kinds.
const WORD = /[A-Za-z0-9_+=-]{32,}/g
const LENGTH_MAX = 128
/** Bits a character, of the characters of the word itself: 5 would be 32 different ones. */
const ENTROPY_MIN = 4.1
const PRINTABLE_SHARE_MAX = 0.9

/**
 * Blanks out words that look drawn at random: long, of upper and lower case and digits, and with
 * hardly a character twice. Left alone are hex digits, which are hashes far more often than keys,
 * and Base64 of readable text, which is a command somebody hides and an analyst must see.
 */
export function redactRandomWords(text: string): string {
  return text.replace(WORD, (word) => (isRandom(word) ? redacted('random') : word))
}

function isRandom(word: string): boolean {
  if (word.length > LENGTH_MAX) return false
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || !/[0-9]/.test(word)) return false
  if (isJoinedNames(word)) return false
  return entropyOf(word) >= ENTROPY_MIN && !isReadableBase64(word)
}

// `NSPersistentStoreRemoteChange-2024_Q1` is a name: its parts are words, not noise.
function isJoinedNames(word: string): boolean {
  const parts = word.split(/[_=+-]/)
  const longest = Math.max(...parts.map(({ length }) => length))
  if (longest >= 24) return changesOf(word) / word.length < 0.3
  return parts.every((part) => changesOf(part) <= Math.max(3, part.length * 0.3))
}

/** How often one kind of character follows another that no name would write so. */
function changesOf(word: string): number {
  let changes = 0
  for (let index = 1; index < word.length; index += 1) {
    const before = kindOf(word.charCodeAt(index - 1))
    const kind = kindOf(word.charCodeAt(index))
    // An upper case letter before a lower case one begins a word.
    if (kind !== before && !(before === UPPER && kind === LOWER)) changes += 1
  }
  return changes
}

const DIGIT = 0
const UPPER = 1
const LOWER = 2
const OTHER = 3

function kindOf(code: number): number {
  if (code >= 48 && code <= 57) return DIGIT
  if (code >= 65 && code <= 90) return UPPER
  return code >= 97 && code <= 122 ? LOWER : OTHER
}

function entropyOf(word: string): number {
  const counts = new Map<string, number>()
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1)
  let entropy = 0
  for (const count of counts.values()) {
    const share = count / word.length
    entropy -= share * Math.log2(share)
  }
  return entropy
}

function isReadableBase64(word: string): boolean {
  const bytes = Buffer.from(word, 'base64')
  if (bytes.length < word.length / 2) return false
  let printable = 0
  for (const byte of bytes) if ((byte >= 32 && byte < 127) || byte === 10) printable += 1
  return printable / bytes.length > PRINTABLE_SHARE_MAX
}
