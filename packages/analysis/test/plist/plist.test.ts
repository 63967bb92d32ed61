import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { Budget } from '../../src/bytes/budget.ts'
import { AnalysisError } from '../../src/errors.ts'
import { readPlist } from '../../src/plist/plist.ts'
import type { PlistValue } from '../../src/plist/value.ts'
import { dice } from '../dice.ts'
import { mutated } from '../mutate.ts'

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>text</key><string>a &amp; b é 😀</string>
<key>number</key><integer>-7</integer>
<key>large</key><integer>9223372036854775807</integer>
<key>real</key><real>1.5</real>
<key>yes</key><true/>
<key>data</key><data>AAEC</data>
<key>date</key><date>2026-01-02T03:04:05Z</date>
<key>list</key><array><string>x</string><dict/></array>
</dict></plist>`
const WANT = new Map<string, PlistValue>([
  ['text', 'a & b é 😀'],
  ['number', -7],
  ['large', 9_223_372_036_854_775_807n],
  ['real', 1.5],
  ['yes', true],
  ['data', Buffer.from([0, 1, 2])],
  ['date', { atMs: Date.UTC(2026, 0, 2, 3, 4, 5) }],
  ['list', ['x', new Map()]],
])
const plain = (value: PlistValue) => {
  ok(value instanceof Map)
  return new Map(
    [...value].map(([key, one]) => [key, one instanceof Uint8Array ? Buffer.from(one) : one]),
  )
}

test('plist: reads every kind of value from XML', () => {
  deepEqual(plain(readPlist(Buffer.from(XML), new Budget())), WANT)
})

test('plist: reads UTF-16 with its mark', () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(XML, 'utf16le')])
  deepEqual(plain(readPlist(bytes, new Budget())), WANT)
})

const CONVERT = `import plistlib, sys
value = plistlib.loads(sys.stdin.buffer.read())
sys.stdout.buffer.write(plistlib.dumps(value, fmt=plistlib.FMT_BINARY))`
const python = spawnSync('python3', ['-c', CONVERT], { input: XML })
const skip = python.status === 0 ? false : 'python3 with plistlib is not installed'
test('plist: reads every kind of value from what plistlib writes in binary', { skip }, () => {
  deepEqual(plain(readPlist(python.stdout, new Budget())), WANT)
})

const WRONG = [
  { name: 'an end that is missing', bytes: '<plist><dict><key>a</key>', code: 'TRUNCATED' },
  { name: 'a value without a key', bytes: '<plist><dict><true/></dict>', code: 'MALFORMED' },
  { name: 'tags out of order', bytes: '<plist><dict></array></dict>', code: 'MALFORMED' },
  { name: 'an unknown element', bytes: '<plist><script/></plist>', code: 'MALFORMED' },
  { name: 'absurd depth', bytes: '<array>'.repeat(1_000), code: 'MALFORMED' },
  { name: 'a binary list without trailer', bytes: 'bplist00', code: 'TRUNCATED' },
]
for (const { name, bytes, code } of WRONG) {
  test(`plist: refuses ${name}`, () => {
    throws(() => readPlist(Buffer.from(bytes), new Budget()), { code: `ERR_ANALYSIS_${code}` })
  })
}

test('plist: an object that holds itself ends', () => {
  // One array whose only element is that array.
  const bytes = Buffer.concat([Buffer.from('bplist00\xa1\x00\x08', 'latin1'), Buffer.alloc(32)])
  bytes.writeUInt8(1, 11 + 6)
  bytes.writeUInt8(1, 11 + 7)
  bytes.writeUInt8(1, 11 + 15)
  bytes.writeUInt8(10, 11 + 31)
  throws(() => readPlist(bytes, new Budget()), { code: 'ERR_ANALYSIS_MALFORMED' })
})

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = Number(process.env['ROUNDS'] ?? 5_000)
for (const [kind, bytes] of Object.entries({ XML: Buffer.from(XML), binary: python.stdout })) {
  const missing = bytes.length > 0 ? false : skip
  test(`plist: damaged ${kind} fails only by its codes (SEED=${SEED})`, { skip: missing }, () => {
    const roll = dice(SEED)
    let refused = 0
    for (let round = 0; round < ROUNDS; round++) {
      try {
        readPlist(mutated(bytes, roll), new Budget({ stepsMax: 10_000 }))
      } catch (error) {
        ok(error instanceof AnalysisError, `SEED=${SEED} round ${round}: ${String(error)}`)
        refused += 1
      }
    }
    ok(refused > ROUNDS / 20)
    equal(refused < ROUNDS, true)
  })
}
