import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { cutText, linkTarget, segmentText, visibleText } from '../../src/text/escape.ts'
import { seededRandom } from '../random.ts'

const cases = [
  { name: 'leaves plain text alone', text: '/bin/ls -la', want: '/bin/ls -la' },
  { name: 'leaves Chinese and emoji alone', text: '文件 🍎', want: '文件 🍎' },
  { name: 'leaves right-to-left letters alone', text: 'שלום', want: 'שלום' },
  { name: 'names a line break', text: 'a\nb', want: 'a⟨\\n⟩b' },
  { name: 'names an escape sequence', text: '\u001b[31m', want: '⟨\\e⟩[31m' },
  { name: 'names NUL', text: 'a\0', want: 'a⟨\\0⟩' },
  { name: 'names a C1 control', text: '\u009b2J', want: '⟨U+009B⟩2J' },
  { name: 'names the override of Trojan Source', text: 'x\u202egpj.exe', want: 'x⟨U+202E⟩gpj.exe' },
  { name: 'names an isolate', text: '\u2066a\u2069', want: '⟨U+2066⟩a⟨U+2069⟩' },
  { name: 'names a zero-width space', text: 'pay\u200bpal', want: 'pay⟨U+200B⟩pal' },
  { name: 'names a no-break space', text: 'rm\u00a0-rf', want: 'rm⟨U+00A0⟩-rf' },
  { name: 'names a byte order mark', text: '\ufeffx', want: '⟨U+FEFF⟩x' },
  { name: 'names a lone surrogate', text: 'a\ud800b', want: 'a⟨U+D800⟩b' },
  { name: 'names an invisible tag', text: 'a\u{e0041}', want: 'a⟨U+E0041⟩' },
  { name: 'names a line separator', text: 'a\u2028b', want: 'a⟨U+2028⟩b' },
]
for (const { name, text, want } of cases) {
  test(`escape: ${name}`, () => equal(visibleText(text), want))
}

test('escape: tells runs from named characters', () => {
  deepEqual(segmentText('a\tb'), [
    { kind: 'text', text: 'a' },
    { kind: 'escape', text: '\\t' },
    { kind: 'text', text: 'b' },
  ])
  deepEqual(segmentText(''), [])
})

test('escape: no control or bidirectional character survives, whatever comes', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
  const random = seededRandom(seed)
  const unsafe = /\p{Cc}|\p{Bidi_Control}|\p{Cs}|[\u200b\u2028\u2029\ufeff]/u
  for (let round = 0; round < 500; round += 1) {
    const units = Array.from({ length: 40 }, () => Math.floor(random() * 0x1_0000))
    const text = String.fromCharCode(...units)
    ok(!unsafe.test(visibleText(text)), `seed ${seed}, round ${round}`)
  }
})

test('escape: cutting does not split a surrogate pair', () => {
  equal(cutText('ab🍎', 3), 'ab')
  equal(cutText('ab🍎', 4), 'ab🍎')
  equal(cutText('abc', 3), 'abc')
  equal(cutText('abcd', 3), 'abc')
})

const links = [
  { name: 'follows https', text: 'https://example.org/a', want: 'https://example.org/a' },
  { name: 'follows http', text: 'http://example.org/', want: 'http://example.org/' },
  { name: 'does not follow script', text: 'javascript:alert(1)', want: undefined },
  { name: 'does not follow data', text: 'data:text/html,x', want: undefined },
  { name: 'does not follow a path', text: '//example.org', want: undefined },
  { name: 'does not follow hidden script', text: ' javascript:alert(1)', want: undefined },
  { name: 'does not follow credentials', text: 'https://a:b@example.org', want: undefined },
  { name: 'does not follow what is no address', text: 'https://', want: undefined },
]
for (const { name, text, want } of links) {
  test(`link: ${name}`, () => equal(linkTarget(text), want))
}
