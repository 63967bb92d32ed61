import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostId, TenantId } from '@pomona/schema'
import { hostIdOf, identityUri, parseIdentityUri } from '../../src/pki/identity.ts'

const cases = [
  { uri: 'spiffe://pomona/default/host/mac-1', want: ['default', 'mac-1'] },
  { uri: 'spiffe://pomona/default/host/mac-1/', want: undefined },
  { uri: 'spiffe://pomona/a/b/host/mac-1', want: undefined },
  { uri: 'spiffe://other/default/host/mac-1', want: undefined },
  { uri: 'spiffe://pomona/default/host/', want: undefined },
  { uri: 'spiffe://pomona/default/host/a b', want: undefined },
  { uri: 'https://pomona/default/host/mac-1', want: undefined },
]
for (const { uri, want } of cases) {
  test(`identity: ${uri} is ${want?.join(' ') ?? 'none'}`, () => {
    const names = parseIdentityUri(uri)
    deepEqual(names && [names.tenantId, names.hostId], want)
  })
}

test('identity: what is written is read', () => {
  const [tenantId, hostId] = ['t.1' as TenantId, 'h_2:3' as HostId]
  deepEqual(parseIdentityUri(identityUri(tenantId, hostId)), { tenantId, hostId })
})

test('identity: a Mac has one id, whatever the case of its UUID', () => {
  const uuid = '6F0B6A3E-7C6F-4F0C-9A38-0F4B8F6F0001'
  equal(hostIdOf(uuid), hostIdOf(uuid.toLowerCase()))
  notEqual(hostIdOf(uuid), hostIdOf(uuid, 'other' as TenantId))
})
