import { HarmlessTexts } from './harmless.ts'
import { isHarmlessValue, isPath, isSecretName } from './names.ts'
import { redactRandomWords } from './random-words.ts'
import { type RedactionReason, redacted, redactForms, redactPrivateKeys } from './token-forms.ts'

// scheme://user:password@host, and //user:password@host of network shares.
const URL_CREDENTIALS = /(\/\/[^\s/:@'"]{0,256}:)([^\s/@'"]{1,256})(?=@)/g

const HEADER =
  /\b((?:proxy-)?authorization|x-api-key|x-auth-token|private-token|x-vault-token|x-amz-security-token|api-key|cookie|set-cookie)(["']?\s{0,4}:\s{0,4}["']?)([^"'\r\n]{1,8192})/gi

// A name, what ties it to its value, and the value: quoted, or up to what ends a word of a shell.
const ASSIGNMENT =
  /([A-Za-z_][A-Za-z0-9_.-]{1,63})(["']?\s{0,2}(?:=(?!=)|:)\s{0,2})("[^"]{1,4096}"|'[^']{1,4096}'|[^\s"'&;,|<>(){}]{1,4096})/g

const OPTION =
  /(?<=^|[\s"'=])(--?[A-Za-z][A-Za-z0-9_.-]{0,63})(\s{1,4})("[^"]{1,4096}"|'[^']{1,4096}'|[^\s"'&;|<>(){}-][^\s"'&;|<>(){}]{0,4095})/g

// AppleScript: do shell script "…" user name "…" password "…" with administrator privileges.
const SPOKEN =
  /\b(password|passphrase)(\s{1,4}(?:is\s{1,4})?)(\\?"[^"\\]{1,1024}\\?"|'[^']{1,1024}')/gi

// A password piped into what reads it from its input.
const PIPED =
  /\b(echo|printf)(\s{1,4}(?:-n\s{1,4}|'%s(?:\\n)?'\s{1,4})?)("[^"]{1,256}"|'[^']{1,256}'|[^\s|;&"']{1,256})(?=\s{0,4}\|\s{0,4}(?:\/usr\/bin\/)?sudo\s[^|;&]{0,64}-\w{0,4}S)/g

/**
 * Blanks out what can be told to be a secret in a text: forms of tokens, private keys, credentials
 * in addresses and headers, values after names that say so, words drawn at random.
 *
 * @returns The same text when there is nothing.
 */
export function redactText(text: string): string {
  if (text.length < TEXT_LENGTH_MIN || HARMLESS.has(text)) return text
  const done = redactNew(text)
  if (done === text) HARMLESS.add(text)
  return done
}

const HARMLESS = new HarmlessTexts()

function redactNew(text: string): string {
  let done = text
  if (done.includes('PRIVATE KEY-----')) done = redactPrivateKeys(done)
  done = redactForms(done)
  if (done.includes('//')) {
    done = done.replace(URL_CREDENTIALS, `$1${redacted('url_credentials')}`)
  }
  if (done.includes(':')) done = done.replace(HEADER, `$1$2${redacted('header')}`)
  done = blanked(done, { pattern: ASSIGNMENT, reason: 'variable' }, ({ name, tie, value }) => {
    return isSecretName(name) && !isAddress(tie, value) && !isPath(bare(value))
  })
  if (done.includes(' ')) done = redactSpaced(done)
  return redactRandomWords(done)
}

const TEXT_LENGTH_MIN = 6

function redactSpaced(text: string): string {
  const reason = 'password'
  let done = blanked(text, { pattern: OPTION, reason }, ({ name }) => isSecretName(name))
  done = blanked(done, { pattern: SPOKEN, reason }, () => true)
  return blanked(done, { pattern: PIPED, reason }, () => true)
}

interface Named {
  readonly name: string
  readonly tie: string
  readonly value: string
}

/** Blanks out the values of what a pattern of name, tie and value finds, where it is a secret. */
function blanked(
  text: string,
  { pattern, reason }: { readonly pattern: RegExp; readonly reason: RedactionReason },
  isSecret: (named: Named) => boolean,
): string {
  return text.replace(pattern, (match: string, ...groups: string[]) => {
    const [name = '', tie = '', value = ''] = groups
    if (isHarmlessValue(bare(value)) || !isSecret({ name, tie, value })) return match
    return `${name}${tie}${redacted(reason)}`
  })
}

function bare(value: string): string {
  return /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value
}

// `token://host/…` is an address whose scheme reads like a name.
function isAddress(tie: string, value: string): boolean {
  return tie === ':' && value.startsWith('//')
}
