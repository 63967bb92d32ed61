import { HarmlessTexts } from './harmless.ts'
import { isHarmlessValue, isPath, isSecretName } from './names.ts'
import { redactText } from './text.ts'
import { redacted } from './token-forms.ts'

/** What a program's options mean, where their names do not say it. */
interface ProgramOptions {
  /** Options whose next argument is a secret. */
  readonly next?: readonly string[]
  /** Options with the secret directly behind them. */
  readonly attached?: readonly string[]
  /** Options whose next argument is `user:password`. */
  readonly pair?: readonly string[]
  /** Operands that are secrets, by their place from the end. */
  readonly lastOperands?: (args: readonly string[]) => number
}

/** By the program's name, or by that and its first argument. */
const PROGRAMS: Readonly<Record<string, ProgramOptions>> = {
  curl: { next: ['--oauth2-bearer', '--pass'], pair: ['-u', '--user', '-U', '--proxy-user'] },
  sshpass: { next: ['-p'], attached: ['-p'] },
  mysql: { attached: ['-p'] },
  mysqldump: { attached: ['-p'] },
  mysqladmin: { attached: ['-p'] },
  mongo: { next: ['-p'] },
  mongosh: { next: ['-p'] },
  mongodump: { next: ['-p'] },
  'redis-cli': { next: ['-a'] },
  sqlcmd: { next: ['-P'], attached: ['-P'] },
  'security unlock-keychain': { next: ['-p'] },
  'security create-keychain': { next: ['-p'] },
  'security set-keychain-password': { next: ['-o', '-p'] },
  'security add-generic-password': { next: ['-w', '-p'] },
  'security add-internet-password': { next: ['-w'] },
  'security import': { next: ['-P'] },
  'security export': { next: ['-P'] },
  'security set-key-partition-list': { next: ['-k'] },
  openssl: { next: ['-k', '-K', '-pass', '-passin', '-passout'] },
  zip: { next: ['-P'] },
  unzip: { next: ['-P'], attached: ['-P'] },
  '7z': { attached: ['-p'] },
  '7zz': { attached: ['-p'] },
  hdiutil: { next: ['-passphrase'] },
  sysadminctl: { next: ['-password', '-adminPassword', '-newPassword', '-oldPassword'] },
  dscl: { lastOperands: (args) => (args.includes('-passwd') || args.includes('passwd') ? -1 : 0) },
  htpasswd: { lastOperands: (args) => (args.some((arg) => /^-\w*b/.test(arg)) ? 1 : 0) },
  'docker login': { next: ['-p'] },
  'podman login': { next: ['-p'] },
  altool: { next: ['-p'] },
  'az login': { next: ['-p'] },
  ldapsearch: { next: ['-w'] },
  ldapmodify: { next: ['-w'] },
  gpg: { next: ['--passphrase'] },
  keytool: { next: ['-storepass', '-keypass'] },
  twine: { next: ['-p'] },
}

const EMPTY: ProgramOptions = {}

/**
 * Blanks out the secrets of a program's arguments.
 *
 * @returns The same list when there is none; else a new one of the same length.
 */
export function redactArguments(args: readonly string[]): readonly string[] {
  const { next = [], attached = [], pair = [], lastOperands } = programOf(args)
  const done = args.map((arg, index) => {
    const before = index === 0 ? undefined : args[index - 1]
    if (before !== undefined && index > 1 && takesSecret(before, next) && isValue(arg)) {
      return redacted('password')
    }
    if (before !== undefined && pair.includes(before)) return redactPair(arg)
    const option = attached.find((one) => arg.startsWith(one) && arg.length > one.length)
    if (option !== undefined && index > 0) return `${option}${redacted('password')}`
    return redactText(arg)
  })
  redactLast(done, { args, count: lastOperands?.(args) ?? 0 })
  return isSame(args, done) ? args : done
}

/**
 * Blanks out the secrets of an environment, a list of `NAME=value`.
 *
 * @returns The same list when there is none; else a new one of the same length.
 */
export function redactEnvironment(variables: readonly string[]): readonly string[] {
  const done = variables.map(redactVariable)
  return isSame(variables, done) ? variables : done
}

const HARMLESS_VARIABLES = new HarmlessTexts()

function redactVariable(variable: string): string {
  if (HARMLESS_VARIABLES.has(variable)) return variable
  const done = redactNewVariable(variable)
  if (done === variable) HARMLESS_VARIABLES.add(variable)
  return done
}

function redactNewVariable(variable: string): string {
  const at = variable.indexOf('=')
  if (at <= 0) return redactText(variable)
  const name = variable.slice(0, at)
  const value = variable.slice(at + 1)
  if (isSecretName(name) && !isHarmlessValue(value) && !isPath(value)) {
    return `${name}=${redacted('variable')}`
  }
  return `${name}=${redactText(value)}`
}

function programOf(args: readonly string[]): ProgramOptions {
  const name = (args[0] ?? '').split('/').at(-1) ?? ''
  const call = `${name} ${args[1] ?? ''}`
  const key = Object.hasOwn(PROGRAMS, call) ? call : name
  return Object.hasOwn(PROGRAMS, key) ? (PROGRAMS[key] ?? EMPTY) : EMPTY
}

function takesSecret(option: string, next: readonly string[]): boolean {
  if (next.includes(option)) return true
  return /^--?[A-Za-z][\w.-]*$/.test(option) && option.length > 2 && isSecretName(option)
}

function isValue(arg: string): boolean {
  return !isHarmlessValue(arg) && !/^--?[A-Za-z]/.test(arg) && !/^(?:file|env|fd):/.test(arg)
}

function redactPair(arg: string): string {
  const at = arg.indexOf(':')
  return at < 0 ? arg : `${arg.slice(0, at)}:${redacted('password')}`
}

// `-1` stands for `dscl … -passwd PATH [OLD] NEW`: all that follows the path.
function redactLast(
  done: string[],
  { args, count }: { readonly args: readonly string[]; readonly count: number },
): void {
  const verb = args.findIndex((arg) => arg === '-passwd' || arg === 'passwd')
  const first = count < 0 ? verb + 2 : args.length - count
  for (let index = Math.max(1, first); index < args.length; index += 1) {
    done[index] = redacted('password')
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.every((text, index) => text === right[index])
}
