import { ByteView } from '../bytes/view.ts'

const MAGIC = 'FasdUAS '
const TEXT_LENGTH_MIN = 3
const TEXTS_MAX = 10_000
const TEXT_LENGTH_MAX = 65_536

/** Events by their two codes of four letters, and what they do. */
const EVENTS: Readonly<Record<string, string>> = {
  JonsgClp: 'the clipboard',
  JonspClp: 'set the clipboard',
  earsffdr: 'path to',
  miscactv: 'activate',
  prcskcod: 'key code',
  prcskprs: 'keystroke',
  rdwropen: 'open for access',
  rdwrread: 'read',
  rdwrwrit: 'write',
  sysodela: 'delay',
  sysodisA: 'display alert',
  sysodlog: 'display dialog',
  sysodsct: 'run script',
  sysoexec: 'do shell script',
  sysoload: 'load script',
  sysonotf: 'display notification',
  sysosigt: 'system info',
}

/** Whether a compiled AppleScript begins here. */
export function isCompiledAppleScript(bytes: Uint8Array): boolean {
  return new ByteView(bytes).startsWith(MAGIC)
}

/** What can be read of a compiled script, also of one that was saved to be run only. */
export interface CompiledAppleScript {
  /** Literals and names, in the order of the file. */
  readonly texts: readonly string[]
  /** What it asks of the system, by the event codes in it. */
  readonly events: readonly string[]
}

/**
 * Reads the texts and event codes. The format is Apple's own and unpublished: its literals stand in
 * it as UTF-16 or plain, which a search for runs of characters finds without knowing the rest.
 */
export function readCompiledAppleScript(bytes: Uint8Array): CompiledAppleScript {
  const wide = wideTexts(bytes)
  const plain = plainTexts(bytes)
  const texts = [...wide, ...plain]
    .toSorted((a, b) => a.at - b.at)
    .slice(0, TEXTS_MAX)
    .map(({ text }) => text)
  const latin1 = Buffer.from(bytes).toString('latin1')
  const events = Object.entries(EVENTS).filter(([code]) => latin1.includes(code))
  return { texts, events: events.map(([, event]) => event) }
}

interface Found {
  readonly at: number
  readonly text: string
}

/** Runs of characters of UTF-16, highest byte first, of the Latin range and what text needs. */
function wideTexts(bytes: Uint8Array): Found[] {
  const found: Found[] = []
  let [start, text] = [0, '']
  for (let at = 0; at + 1 < bytes.length && found.length < TEXTS_MAX;) {
    const [high = 0, low = 0] = [bytes[at], bytes[at + 1]]
    const isCharacter = high === 0 ? isPrintable(low) : high === 0x20 && low >= 0x10 && low < 0x40
    if (isCharacter && text.length < TEXT_LENGTH_MAX) {
      if (text === '') start = at
      text += String.fromCharCode(high * 256 + low)
      at += 2
      continue
    }
    if (text.length >= TEXT_LENGTH_MIN) found.push({ at: start, text })
    // The next run may begin on an odd byte.
    at += text === '' ? 1 : 2
    text = ''
  }
  if (text.length >= TEXT_LENGTH_MIN) found.push({ at: start, text })
  return found
}

function plainTexts(bytes: Uint8Array): Found[] {
  const latin1 = Buffer.from(bytes).toString('latin1')
  const runs = latin1.matchAll(/[\t\n\r\x20-\x7e]{5,65536}/g)
  return [...runs].slice(0, TEXTS_MAX).map((run) => ({ at: run.index, text: run[0] }))
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13 || byte >= 0xa0
}
