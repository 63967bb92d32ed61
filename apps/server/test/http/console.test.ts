import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startTestServer, temporaryFolder } from '../support/server.ts'

const PAGE =
  '<!doctype html><meta name="nonce" content="__CSP_NONCE__"><script src="/a.js"></script>'

async function rigOf(context: TestContext) {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'assets', 'index-B1x9_kQz.js'), `// ${'x'.repeat(4_000)}`)
  writeFileSync(join(folder, 'favicon.svg'), '<svg/>')
  writeFileSync(join(folder, '..', 'secret.txt'), 'secret')
  return await startTestServer(context, { config: { console_directory: folder } })
}

function directives(policy: string): ReadonlyMap<string, string> {
  return new Map(
    policy
      .split('; ')
      .map((text) => [text.split(' ')[0] ?? '', text.split(' ').slice(1).join(' ')]),
  )
}

test('console: the page has a strict policy and a fresh nonce each time', async (context) => {
  const { api } = await rigOf(context)
  const pages = await Promise.all([api.call('GET', '/'), api.call('GET', '/alerts/x?y=z')])
  const nonces = await Promise.all(
    pages.map(async (response) => {
      equal(response.status, 200)
      equal(response.headers.get('cache-control'), 'no-store')
      const policy = directives(response.headers.get('content-security-policy') ?? '')
      equal(policy.get('default-src'), "'none'")
      equal(policy.get('script-src'), "'self'")
      for (const name of ['base-uri', 'frame-ancestors']) equal(policy.get(name), "'none'")
      equal(policy.get('form-action'), "'self'")
      equal(policy.get('require-trusted-types-for'), "'script'")
      ok(!JSON.stringify([...policy]).includes('unsafe'))
      const nonce = /'nonce-([^']+)'/.exec(policy.get('style-src') ?? '')?.[1] ?? ''
      match(await response.text(), new RegExp(`content="${RegExp.escape(nonce)}"`))
      return nonce
    }),
  )
  equal(new Set(nonces).size, 2)
  ok(nonces.every((nonce) => Buffer.from(nonce, 'base64').length === 16))
})

test('console: every answer carries the hardening headers', async (context) => {
  const { api } = await rigOf(context)
  for (const path of [
    '/',
    '/favicon.svg',
    '/healthz',
    '/api/v1/alerts',
    '/api/v1/nothing',
    '/%ZZ',
  ]) {
    const { headers } = await api.call('GET', path)
    equal(headers.get('x-content-type-options'), 'nosniff', path)
    equal(headers.get('referrer-policy'), 'no-referrer', path)
    equal(headers.get('cross-origin-opener-policy'), 'same-origin', path)
    equal(headers.get('cross-origin-resource-policy'), 'same-origin', path)
    match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path)
    equal(headers.get('strict-transport-security'), null, 'only with TLS')
    equal(headers.get('x-powered-by'), null, path)
  }
})

test('console: hashed files are kept for ever, others are asked for again', async (context) => {
  const { api } = await rigOf(context)
  const hashed = await api.call('GET', '/assets/index-B1x9_kQz.js', {
    headers: { 'accept-encoding': 'gzip, br' },
  })
  equal(hashed.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  match(hashed.headers.get('content-type') ?? '', /^text\/javascript/)
  equal(hashed.headers.get('content-encoding'), 'br')
  const icon = await api.call('GET', '/favicon.svg')
  equal(icon.headers.get('cache-control'), 'no-cache')
  const etag = icon.headers.get('etag') ?? ''
  const again = await api.call('GET', '/favicon.svg', { headers: { 'if-none-match': etag } })
  equal(again.status, 304)
})

test('console: a page below a host whose id has a dot is the page', async (context) => {
  const { api } = await rigOf(context)
  equal((await api.call('GET', '/hosts/mac.local')).status, 200)
})

test('console: an address that no URL could have is the page as well', async (context) => {
  const { api } = await rigOf(context)
  equal((await api.call('GET', '//[')).status, 200)
})

const absent = [
  '/assets/none.js',
  '/api/v2/alerts',
  '/index.html',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
]
test('console: what it does not hold is not there', async (context) => {
  const { api } = await rigOf(context)
  const statuses = await Promise.all(
    absent.map(async (path) => (await api.call('GET', path)).status),
  )
  deepEqual(
    statuses,
    absent.map(() => 404),
  )
  equal((await api.call('POST', '/alerts')).status, 404)
})

test('console: says what to do when it is not built', async (context) => {
  const { api } = await startTestServer(context)
  const response = await api.call('GET', '/')
  equal(response.status, 503)
  match(await response.text(), /npm run build/)
})
