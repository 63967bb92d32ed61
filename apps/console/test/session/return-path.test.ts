import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { fragmentToken, returnPath, signInPath } from '../../src/session/return-path.ts'

const cases = [
  { name: 'a page of ours', path: '/alerts/a1?tab=raw', want: '/alerts/a1?tab=raw' },
  { name: 'not another site', path: '//evil.example', want: '/incidents' },
  { name: 'not another site by backslash', path: '/\\evil.example', want: '/incidents' },
  { name: 'not another site behind a tab', path: '/\t/evil.example', want: '/incidents' },
  { name: 'not an address', path: 'https://evil.example', want: '/incidents' },
  { name: 'not script', path: 'javascript:alert(1)', want: '/incidents' },
  { name: 'not the sign-in page itself', path: '/sign-in?return=%2Fsign-in', want: '/incidents' },
  { name: 'not the first-run page', path: '/first-run', want: '/incidents' },
  { name: 'not nowhere', path: null, want: '/incidents' },
]
for (const { name, path, want } of cases) {
  test(`return: leads to ${name}`, () => equal(returnPath(path), want))
}

test('sign-in: remembers where one was', () => {
  equal(signInPath('/hosts?q=a&x=1'), '/sign-in?return=%2Fhosts%3Fq%3Da%26x%3D1')
  equal(signInPath('/incidents'), '/sign-in')
})

const tokens = [
  { hash: '#token=abc_-123', want: 'abc_-123' },
  { hash: '#abc_-123', want: 'abc_-123' },
  { hash: '', want: '' },
  { hash: '#a b', want: '' },
]
for (const { hash, want } of tokens) {
  test(`first run: reads the token of ${JSON.stringify(hash)}`, () =>
    equal(fragmentToken(hash), want))
}
