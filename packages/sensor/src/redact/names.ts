/*
 * Names say what a value is: `--client-secret X`, `DB_PASSWORD=X`, `"apiKey": "X"`. They are
 * compared word by word, split at everything that is no letter and where a capital begins, so that
 * `passthrough`, `tokenizer` and `bypass` are none of them.
 */

const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwd', 'passphrase', 'passcode', 'pass', 'pwd', 'pw', 'pin'],
  ...['secret', 'token', 'apikey', 'credential', 'credentials', 'bearer'],
  ...['storepass', 'keypass', 'passin', 'passout', 'adminpassword', 'userpassword'],
  ...['pgpassword', 'sshpass', 'mysqlpwd', 'authtoken', 'accesstoken', 'authorization'],
])

/** Two words in a row that mean a secret where neither does alone. */
const SECRET_PAIRS: ReadonlySet<string> = new Set([
  ...['api key', 'access key', 'private key', 'secret key', 'signing key', 'encryption key'],
  ...['account key', 'master key', 'auth key', 'session key', 'service key', 'license key'],
  ...['deploy key', 'shared key', 'webhook url', 'connection string', 'function key'],
])

/** A last word that says the value is about the secret and not the secret. */
const ABOUT_WORDS: ReadonlySet<string> = new Set([
  ...['file', 'path', 'dir', 'directory', 'url', 'uri', 'endpoint', 'id', 'name', 'type', 'ttl'],
  ...['store', 'env', 'command', 'cmd', 'helper', 'provider', 'length', 'policy', 'prompt'],
  ...['stdin', 'fd', 'timeout', 'expiry', 'expires', 'count', 'limit', 'limits', 'budget', 'max'],
  ...['min', 'size', 'sock', 'socket', 'mode', 'method', 'format', 'scope', 'scopes', 'manager'],
  ...['agent', 'bundle', 'service', 'server', 'host', 'port', 'enabled', 'disabled', 'required'],
])

/** Where a shell says where it is; in lower case, as in connection strings, it is a password. */
const WORKING_DIRECTORY = /^(?:OLD)?PWD$/

/** Whether a value of this name is a secret. */
export function isSecretName(name: string): boolean {
  if (WORKING_DIRECTORY.test(name)) return false
  const words = wordsOf(name)
  const last = words.at(-1)
  if (last === undefined) return false
  const isPair = (index: number): boolean => SECRET_PAIRS.has(`${words[index]} ${words[index + 1]}`)
  // A webhook's address is its secret; of other pairs nothing may follow that is about them.
  if (words.length > 1 && isPair(words.length - 2)) return true
  if (ABOUT_WORDS.has(last)) return false
  return words.some((word, index) => SECRET_WORDS.has(word) || isPair(index))
}

const NAME_LENGTH_MAX = 128

function wordsOf(name: string): readonly string[] {
  return name
    .slice(0, NAME_LENGTH_MAX)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
}

/** A value that says nothing: a switch, a reference to another variable, nothing at all. */
export function isHarmlessValue(value: string): boolean {
  return (
    /^(?:true|false|yes|no|on|off|null|none|0|1|-|stdin|prompt|)$/i.test(value) ||
    /^(?:\$\{?\w+\}?|%\w+%|\$\(.*\)|<[^>]*>|\*+|x+|\[redacted:\w+\])$/i.test(value)
  )
}

/** Whether a value is the path of a file: where a secret is kept, not the secret. */
export function isPath(value: string): boolean {
  return /^(?:~|\.{1,2})?\/[^\s:@]*$/.test(value)
}
