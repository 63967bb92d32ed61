import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { sessionTokenOf } from '../../src/http/cookie.ts'
import { comesFromUs, originsOf } from '../../src/http/origin.ts'

const OURS = new Set(['https://edr.example'])

const cases = [
  { name: 'our page', headers: { origin: 'https://edr.example' }, want: true },
  {
    name: 'our page in a browser that says so',
    headers: { origin: 'https://edr.example', 'sec-fetch-site': 'same-origin' },
    want: true,
  },
  { name: 'only the browser says so', headers: { 'sec-fetch-site': 'same-origin' }, want: true },
  { name: 'nobody says anything', headers: {}, want: false },
  { name: 'another site', headers: { origin: 'https://evil.example' }, want: false },
  { name: 'a sibling origin', headers: { origin: 'https://x.edr.example' }, want: false },
  { name: 'another port', headers: { origin: 'https://edr.example:8443' }, want: false },
  { name: 'plain http', headers: { origin: 'http://edr.example' }, want: false },
  { name: 'a sandbox', headers: { origin: 'null' }, want: false },
  {
    name: 'a claim the browser denies',
    headers: { origin: 'https://edr.example', 'sec-fetch-site': 'same-site' },
    want: false,
  },
  {
    name: 'the address bar',
    headers: { origin: 'https://edr.example', 'sec-fetch-site': 'none' },
    want: false,
  },
]
for (const { name, headers, want } of cases) {
  test(`origin: ${name} is ${want ? 'taken' : 'refused'}`, () =>
    equal(comesFromUs(headers, OURS), want))
}

test('origin: a loopback server is at home under its names only', () => {
  const listening = { host: '127.0.0.1', port: 80, tls: false, publicUrl: undefined }
  deepEqual(originsOf(listening), ['http://127.0.0.1', 'http://localhost', 'http://[::1]'])
  const far = { ...listening, host: '10.0.0.7', port: 8443, tls: true }
  deepEqual(originsOf(far), ['https://10.0.0.7:8443'])
  deepEqual(originsOf({ ...far, publicUrl: 'https://edr.example/x' }), ['https://edr.example'])
})

const token = 'a'.repeat(43)
const cookies = [
  { name: 'alone', header: `__Host-pomona=${token}`, want: token },
  { name: 'among others', header: `a=b; __Host-pomona=${token}; c=d`, want: token },
  { name: 'of the wrong length', header: '__Host-pomona=short', want: undefined },
  { name: 'with other characters', header: `__Host-pomona=${'<'.repeat(43)}`, want: undefined },
  { name: 'of a similar name', header: `pomona=${token}`, want: undefined },
  { name: 'absent', header: undefined, want: undefined },
]
for (const { name, header, want } of cookies) {
  test(`cookie: the token ${name}`, () => equal(sessionTokenOf(header), want))
}
