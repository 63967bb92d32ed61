import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { literalsOf } from '../literals.ts'
import type { Decoder, Decoding } from './decoding.ts'
import { meaningOf } from './packed.ts'
import { shellVariables } from './rewritten.ts'

const COMMAND = /\bopenssl\s+(?:enc\s+)?[^\n|;]{0,400}/g
const COMMANDS_MAX = 16
const BLOBS_MAX = 64
const BLOB = /[A-Za-z0-9+/]{16,}(?:\r?\n[A-Za-z0-9+/]{1,}){0,100000}={0,2}/g
const SALTED = 'Salted__'
const SALT_BYTES = 8
const IV_BYTES = 16
const ITERATIONS_DEFAULT = 10_000
/** Of one text together: a script that lists many passwords costs no more than one does. */
const ITERATIONS_MAX = 200_000
const ATTEMPTS_MAX = 64
const DIGESTS = ['sha256', 'md5', 'sha1', 'sha512']

/** What the command line of `openssl enc` says. */
interface Command {
  readonly keyBytes: number
  readonly password?: string
  readonly key?: string
  readonly iv?: string
  readonly iterations?: number
  readonly digests: readonly string[]
}

/**
 * Texts that the script decrypts with `openssl enc` and a password that stands in it: AES in CBC,
 * with and without salt, old and new key derivation.
 */
export const decodeOpenssl: Decoder = (text, bytesMax) => {
  const variables = shellVariables(text)
  const commands = [...text.matchAll(COMMAND)]
    .slice(0, COMMANDS_MAX)
    .flatMap(([line]) => commandOf(line, variables) ?? [])
  if (commands.length === 0) return []
  const blobs = [...text.matchAll(BLOB), ...literalsOf(text).map((one) => [one.text])]
    .slice(0, BLOBS_MAX)
    .map(([blob = '']) => Buffer.from(blob.replaceAll(/\s/g, ''), 'base64'))
  const work = { attempts: 0, iterations: 0 }
  return commands.flatMap((command) =>
    blobs.flatMap((blob) => decrypted(blob, { command, work, bytesMax }) ?? []),
  )
}

/** What the tries of one text have cost. */
interface Work {
  attempts: number
  iterations: number
}

interface Attempt {
  readonly command: Command
  readonly work: Work
  readonly bytesMax: number
}

/** Whether another try is within the bounds; it is counted then. */
function isAllowed(work: Work, { iterations = 0 }: Command): boolean {
  work.attempts += 1
  work.iterations += iterations
  return work.attempts <= ATTEMPTS_MAX && work.iterations <= ITERATIONS_MAX
}

function commandOf(line: string, variables: ReadonlyMap<string, string>): Command | undefined {
  const cipher = /-(?:aes-?|aes)(128|192|256)(?:-cbc)?\b/.exec(line)
  if (cipher === null || !/\s-d\b/.test(line)) return undefined
  const word = (option: string): string | undefined => {
    const match = new RegExp(`\\s-${option}\\s+(?:"([^"]*)"|'([^']*)'|(\\S+))`).exec(line)
    const value = match?.[1] ?? match?.[2] ?? match?.[3]
    return value?.replaceAll(
      /\$\{?(\w+)\}?/g,
      (whole, name) => variables.get(String(name)) ?? whole,
    )
  }
  const pass = word('pass')
  const password = word('k') ?? (pass?.startsWith('pass:') ? pass.slice(5) : undefined)
  const [key, iv, digest] = [word('K'), word('iv'), word('md')]
  const iterations = Math.max(1, Number(word('iter') ?? ITERATIONS_DEFAULT))
  const isDerived = /\s-(pbkdf2|iter)\b/.test(line)
  return {
    keyBytes: Number(cipher[1]) / 8,
    digests: digest === undefined ? DIGESTS : [digest.toLowerCase()],
    ...(password !== undefined && { password }),
    ...(key !== undefined && { key }),
    ...(iv !== undefined && { iv }),
    ...(isDerived && { iterations: iterations || ITERATIONS_DEFAULT }),
  }
}

function decrypted(blob: Buffer, attempt: Attempt): Decoding | undefined {
  const { command, work, bytesMax } = attempt
  const isSalted = blob.toString('latin1', 0, SALTED.length) === SALTED
  const salt = isSalted ? blob.subarray(SALTED.length, SALTED.length + SALT_BYTES) : Buffer.alloc(0)
  const data = isSalted ? blob.subarray(SALTED.length + SALT_BYTES) : blob
  if (data.length === 0 || data.length % 16 !== 0 || data.length > bytesMax) return undefined
  for (const digest of command.digests) {
    if (!isAllowed(work, command)) return undefined
    const keys = keysOf(command, digest, salt)
    const plain = keys && decipher(data, keys)
    // A wrong key almost never leaves sound padding and readable text.
    const meaning = plain && meaningOf(plain, 'openssl', bytesMax)
    if (meaning !== undefined) return meaning
  }
  return undefined
}

interface Keys {
  readonly key: Buffer
  readonly iv: Buffer
}

function keysOf(command: Command, digest: string, salt: Buffer): Keys | undefined {
  const { keyBytes, password, key, iv, iterations } = command
  if (key !== undefined) {
    const given = Buffer.from(key, 'hex')
    const vector = Buffer.from(iv ?? '', 'hex')
    if (given.length !== keyBytes || vector.length !== IV_BYTES) return undefined
    return { key: given, iv: vector }
  }
  if (password === undefined || !DIGESTS.includes(digest)) return undefined
  const bytes =
    iterations === undefined
      ? oldDerivation(password, { digest, salt, length: keyBytes + IV_BYTES })
      : pbkdf2Sync(password, salt, Math.floor(iterations), keyBytes + IV_BYTES, digest)
  const vector = iv === undefined ? bytes.subarray(keyBytes) : Buffer.from(iv, 'hex')
  if (vector.length !== IV_BYTES) return undefined
  return { key: bytes.subarray(0, keyBytes), iv: vector }
}

interface Derivation {
  readonly digest: string
  readonly salt: Buffer
  readonly length: number
}

/** EVP_BytesToKey with one round: each digest over the one before, the password and the salt. */
function oldDerivation(password: string, { digest, salt, length }: Derivation): Buffer {
  let last = Buffer.alloc(0)
  let bytes = Buffer.alloc(0)
  while (bytes.length < length) {
    last = createHash(digest).update(last).update(password).update(salt).digest()
    bytes = Buffer.concat([bytes, last])
  }
  return bytes.subarray(0, length)
}

function decipher(data: Buffer, { key, iv }: Keys): Buffer | undefined {
  const cipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv)
  try {
    return Buffer.concat([cipher.update(data), cipher.final()])
  } catch (error) {
    // Wrong padding: another key, or not encrypted at all.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
